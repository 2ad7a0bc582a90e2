import { UnbrickError } from '../../errors/unbrick-error.js';
import { LegacyByte, LegacyCommand } from '../../wire/index.js';
import type { Conversation } from './conversation.js';

/**
 * GET_BATTERY_VOLTAGE, millivolts; undefined when the agent does not tell. Builds that do not know the command pass it over
 * in silence, and nothing can be damaged by asking. See docs/protocol/legacy-agent.md, "GET_BATTERY_VOLTAGE".
 * @throws UnbrickError `PHONE_GONE`
 */
export async function readBatteryVoltage(talk: Conversation): Promise<number | undefined> {
  talk.doing = { stage: 'agent', what: 'asking for the voltage of the battery' };
  await talk.sendByte(LegacyCommand.GET_BATTERY_VOLTAGE);
  try {
    const status = await talk.u32('the state of the battery', talk.timeouts.optionalAnswer);
    if (status === LegacyByte.ACK) return await talk.u32('the voltage of the battery');
  } catch (error) {
    if (!(error instanceof UnbrickError) || error.code !== 'PHONE_SILENT') throw error;
  }
  await talk.leftovers();
  return undefined;
}
