import { ascii, concat, HANDSHAKE, READY_TEXT } from '@unbrick/core/wire';
import { LeaveBus } from '../device/wire.js';
import { answerBootModeToken, TOKEN_LENGTH } from './boot-mode.js';
import type { BootSession } from './boot-session.js';
import { serveCommands } from './command-loop.js';
import { answerHandshake } from './handshake.js';

const READY = ascii(READY_TEXT);
const READY_EVERY_MS = 20;
/** A host may take this long to configure the device before the phone boots on. */
const ENUMERATION_MS = 8000;
/** After the first A0 the host has this long for a fresh handshake. */
const START_COMMAND_MS = 300;
/** `short-window`: how long the preloader shows itself. */
export const SHORT_WINDOW_MS = 600;

/**
 * The preloader from enumeration to the start of an agent, whose stage 1 it returns.
 * @throws LeaveBus when it boots on
 * @throws UnpluggedError
 */
export async function preloader(session: BootSession): Promise<Uint8Array> {
  await listen(session);
  session.log('HANDSHAKE');
  return (await serveCommands(session)).bytes;
}

/** The listening window: READY again and again, until a handshake gets through or the phone boots on. */
async function listen(session: BootSession): Promise<void> {
  const { wire, host, clock, profile, faults, windowMs = profile.preloader.windowMs } = session;
  if (!(await host.configured(ENUMERATION_MS))) throw new LeaveBus('boot');
  const until = clock.now() + (faults.shortWindow ? SHORT_WINDOW_MS : windowMs);
  const rules = {
    // Same generation of source as the XFlash agents.
    swallowsRepeatedStart: profile.agent.generation !== 'legacy',
    patienceMs: () => START_COMMAND_MS,
  };
  let heard: Uint8Array = new Uint8Array(0);
  let nextReady = clock.now();
  for (;;) {
    const now = clock.now();
    if (now >= until) throw new LeaveBus('boot');
    if (now >= nextReady) {
      if (host.portSetUp && host.listening) await wire.write(READY);
      nextReady = now + READY_EVERY_MS;
    }
    const received = await wire.readWithin(Math.min(nextReady, until) - now, TOKEN_LENGTH);
    if (received.includes(HANDSHAKE[0])) {
      // The read that holds the first A0 is thrown away as a whole; only a fresh A0 is answered.
      heard = new Uint8Array(0);
      if (await answerHandshake(wire, rules)) return;
      nextReady = clock.now();
    } else if (received.length > 0) {
      heard = concat(heard, received);
      if (heard.length < TOKEN_LENGTH) continue;
      // Eight bytes of anything end the READY stream.
      nextReady = Number.POSITIVE_INFINITY;
      await answerBootModeToken(session, heard.subarray(0, TOKEN_LENGTH));
      heard = heard.slice(TOKEN_LENGTH);
    }
  }
}
