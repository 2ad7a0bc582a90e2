/** PMIC access, UART and the ways to leave: docs/protocol/bootrom.md. */
import { pause } from '../device/clock.js';
import { LeaveBus } from '../device/wire.js';
import type { BootSession } from './boot-session.js';
import { Status } from './status.js';

const HIGHEST_BAUD_RATE = 921_600;
/** The preloader answers STAY_STILL, and 100 ms later it drops off the bus. */
const STAY_STILL_DELAY_MS = 100;

export async function powerInit({ line }: BootSession): Promise<void> {
  await line.argument32();
  await line.argument32();
  await line.status(Status.OK);
}

export async function powerDeinit({ line }: BootSession): Promise<void> {
  await line.status(Status.OK);
}

export async function powerRead({ line }: BootSession): Promise<void> {
  await line.argument16();
  await line.reply16(Status.OK, Status.OK, 0);
}

export async function powerWrite({ line }: BootSession): Promise<void> {
  await line.argument16();
  await line.argument16();
  await line.reply16(Status.OK, Status.OK);
}

/** Cache control and diagnostics: this phone only knows how to refuse them. */
export async function refuseDiagnostic({ line }: BootSession): Promise<void> {
  await line.argument8();
  await line.reply8(0);
  await line.status(Status.SLA_REQUIRED);
}

export async function uartLogEnable({ line }: BootSession): Promise<void> {
  await line.status(Status.OK);
}

export async function setBaudRate({ line }: BootSession): Promise<void> {
  const rate = await line.argument32();
  await line.status(rate <= HIGHEST_BAUD_RATE ? Status.OK : Status.BAUD_RATE_TOO_HIGH);
}

export async function jumpToBootloader(session: BootSession): Promise<never> {
  session.log('JUMP_BL');
  await session.line.reply16(0, Status.OK);
  throw new LeaveBus('boot');
}

export async function stayStill(session: BootSession): Promise<never> {
  session.log('STAY_STILL');
  await session.line.status(Status.OK);
  await pause(session.clock, STAY_STILL_DELAY_MS);
  throw new LeaveBus('off');
}
