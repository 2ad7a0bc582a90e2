import { LegacyCommand } from '@unbrick/core/wire';
import { hang, LeaveBus } from '../../device/wire.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** What FINISH does besides its two acknowledgements. */
const FinishStatus = { POWER_OFF: 0, DISCONNECT: 1, RELEASE_POWER: 2, RELEASE_POWER_UART: 3 } as const;
/** Flag of ENABLE_WATCHDOG: arm the hardware watchdog and go on, instead of leaving the bus at once. */
const ASYNC = 2;
const MAX_WATCHDOG_TICKS = 0x7ff;
const TICK_MS = 16;

/** FINISH: the end of all commands. Most hosts power the phone off with it. */
export async function finish(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  await host.ack();
  const status = await host.u32();
  logCommand(agent, LegacyCommand.FINISH, false, { status });
  await host.ack();
  if (status <= FinishStatus.RELEASE_POWER_UART) throw new LeaveBus('off');
  await hang(session.wire);
}

/** ENABLE_WATCHDOG: the reboot. */
export async function enableWatchdog(agent: Stage2): Promise<void> {
  const { host } = agent;
  const ticks = Math.min(await host.u16(), MAX_WATCHDOG_TICKS);
  const flags = await host.u32();
  logCommand(agent, LegacyCommand.ENABLE_WATCHDOG, false, { timeoutMs: ticks * TICK_MS, flags });
  await host.ack();
  if ((flags & ASYNC) === 0) throw new LeaveBus('boot');
  agent.watchdogAt = performance.now() + ticks * TICK_MS;
}

/** The next opcode; the armed watchdog may bite first. */
export async function nextOpcode({ host, watchdogAt }: Stage2): Promise<number> {
  if (watchdogAt === undefined) return host.u8();
  const left = watchdogAt - performance.now();
  const came = left > 0 ? await host.wire.readWithin(left, 1) : new Uint8Array(0);
  if (came.length === 0) throw new LeaveBus('boot');
  return came[0] as number;
}
