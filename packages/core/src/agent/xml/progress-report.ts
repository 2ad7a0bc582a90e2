import { XmlAck } from '../../wire/index.js';
import type { Desk } from './desk.js';
import { quoted, type XmlChannel } from './text-channel.js';
import { XML_TIMEOUT } from './timeouts.js';
import type { Outcome } from './transfer-outcome.js';

/** Each percent once, with room to spare. */
const MOST_LINES = 1_000;

/**
 * PROGRESS-REPORT: takes the lines until the phone is done. A stop is told in the place of the next answer; the phone still
 * says when it has ended.
 * @throws UnbrickError for a broken conversation only
 * See docs/protocol/xml-agent.md, "PROGRESS-REPORT".
 */
export async function followProgress(channel: XmlChannel, desk: Desk): Promise<Outcome> {
  const { stage, what, stop, onPercent, requestMs = 0 } = desk;
  const timeoutMs = Math.max(XML_TIMEOUT.progress, requestMs);
  const wait = { timeoutMs, what: `the progress of the order ${what}`, stage };
  let cancelled = false;
  await channel.sendOk();
  for (let lines = 0; ; lines++) {
    const line = await channel.ack(wait);
    // A request in the place of a line: the phone has gone on without saying that it is done.
    if (line.text.startsWith('<')) break;
    if (line.text.startsWith(XmlAck.EOT) || !line.ok) {
      await channel.sendOk();
      if (!line.ok && !cancelled) return { seen: `the agent reported ${quoted(line.text)}` };
      break;
    }
    const percent = percentOf(line.text);
    if (percent === undefined || lines >= MOST_LINES)
      channel.fail(wait, `progress line ${lines + 1}: ${quoted(line.text)}`);
    onPercent?.(percent);
    cancelled ||= stop?.aborted === true;
    await channel.sendText(cancelled ? XmlAck.CANCEL : XmlAck.OK);
  }
  return cancelled ? { failure: stop?.reason } : { complete: true };
}

/** `OK!PROGRESS@50@text`; some agents leave out the text and its `@`. */
function percentOf(line: string): number | undefined {
  const digits = /^OK!PROGRESS@(\d{1,3})(@|$)/.exec(line)?.[1];
  return digits !== undefined && Number(digits) <= 100 ? Number(digits) : undefined;
}
