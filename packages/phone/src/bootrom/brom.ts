import { hang, LeaveBus } from '../device/wire.js';
import type { BootSession } from './boot-session.js';
import { serveCommands } from './command-loop.js';
import { answerHandshake } from './handshake.js';

/** An idle boot ROM restarts the chip this long after it has enumerated. */
const IDLE_MS = 4700;

/**
 * The boot ROM from enumeration to the start of an agent, whose stage 1 it returns.
 * @throws LeaveBus when no host talks to it
 * @throws UnpluggedError
 */
export async function bootRom(session: BootSession): Promise<Uint8Array> {
  const { host, windowMs = IDLE_MS } = session;
  if (!(await host.configured(windowMs))) throw new LeaveBus('boot');
  const until = session.clock.now() + windowMs;
  const rules = { swallowsRepeatedStart: false, patienceMs: () => until - session.clock.now() };
  if (!(await answerHandshake(session.wire, rules))) throw new LeaveBus('boot');
  session.log('HANDSHAKE');
  const agent = await serveCommands(session);
  // The boot ROM starts whatever lies there; code that was built for another address runs into the void.
  if (agent.address !== session.profile.agent.stage1Address) return hang(session.wire);
  return agent.bytes;
}
