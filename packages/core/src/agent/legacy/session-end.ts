import { UnbrickError } from '../../errors/unbrick-error.js';
import { encode, LegacyCommand, struct, u16, u32 } from '../../wire/index.js';
import type { Conversation } from './conversation.js';

const Watchdog = struct('big', { timeout: u16, flags: u32 });
/** Unit of the watchdog time-out, milliseconds. */
const WATCHDOG_TICK = 15.6;
const REBOOT_AFTER_MS = 3_000;

/** Restarts the phone (docs/protocol/legacy-agent.md, "ending a session"): the vendor's automatic reboot. */
export async function restartPhone(talk: Conversation): Promise<void> {
  talk.doing = { stage: 'reboot', what: 'restarting the phone' };
  await talk.send(
    Uint8Array.of(LegacyCommand.ENABLE_WATCHDOG),
    Watchdog.build({ timeout: Math.floor(REBOOT_AFTER_MS / WATCHDOG_TICK), flags: 0 }),
  );
  await unlessGone(talk.ack('the acknowledgement of the restart'));
}

/** Ends the session; the phone leaves the bus and switches itself off once the cable is out. */
export async function powerOff(talk: Conversation): Promise<void> {
  talk.doing = { stage: 'reboot', what: 'switching the phone off' };
  await talk.sendByte(LegacyCommand.FINISH);
  await talk.ack('the acknowledgement of the end');
  // 0 = leave the bus and release the power latch.
  await talk.send(encode(u32, 'big', 0));
  await unlessGone(talk.ack('the last acknowledgement'));
}

/** The phone leaves the bus right after this answer, which may get lost on the way. */
async function unlessGone(answer: Promise<void>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof UnbrickError) || error.code !== 'PHONE_GONE') throw error;
  }
}
