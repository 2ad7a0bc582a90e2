import { UnbrickError } from '../../errors/unbrick-error.js';
import type { RebootTarget } from '../agent.js';
import { reboot } from './command-text.js';
import type { XmlConversation } from './conversation.js';

/**
 * REBOOT. `normal` resets the phone as soon as the end of the command is acknowledged; `power-off` makes it leave the bus and
 * stay off it.
 * @throws UnbrickError stage `reboot`
 * See docs/protocol/xml-agent.md, "REBOOT".
 */
export async function endSession(talk: XmlConversation, target: RebootTarget): Promise<void> {
  const action = target === 'normal' ? 'IMMEDIATE' : 'DISCONNECT';
  try {
    await talk.do(reboot(action), { stage: 'reboot', what: 'to restart the phone' });
  } catch (cause) {
    // Leaving the bus before the answer got through is what was asked for.
    if (cause instanceof UnbrickError && cause.code === 'PHONE_GONE') return;
    throw cause;
  }
}
