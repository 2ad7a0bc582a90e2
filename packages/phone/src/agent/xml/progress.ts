/** PROGRESS-REPORT. docs/protocol/xml-agent.md, "PROGRESS-REPORT". */
import { XmlAck, XmlRequest } from '@unbrick/core/wire';
import { CommandFailed, type XmlAgentState } from './agent-state.js';
import { requestText } from './request.js';

/** One line; resolves to false when the host wants to stop. */
export type Report = (percent: number) => Promise<boolean>;

/**
 * Does `work` between the request and its end, which is told also when the work fails: that shows in CMD:END.
 * @throws CommandFailed when the host refused the report or stopped the work
 */
export async function withProgress(
  { channel }: XmlAgentState,
  message: string,
  work: (report: Report) => Promise<void>,
): Promise<void> {
  await channel.sendText(requestText(XmlRequest.PROGRESS_REPORT, { message }));
  if (!(await channel.receiveAcknowledgement()).ok) throw new CommandFailed(CANCELLED);
  let goOn = true;
  const report: Report = async (percent) => {
    await channel.sendText(`OK!PROGRESS@${percent}@`);
    goOn &&= (await channel.receiveAcknowledgement()).ok;
    return goOn;
  };
  let failure: unknown;
  try {
    await work(report);
  } catch (error) {
    failure = error;
  }
  await channel.sendText(XmlAck.EOT);
  await channel.receiveAcknowledgement();
  if (failure !== undefined) throw failure;
  if (!goOn) throw new CommandFailed(CANCELLED);
}

export const CANCELLED = 'Host notice error or user canceled.\n';
