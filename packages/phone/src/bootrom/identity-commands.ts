/** Who the chip is and what it asks for: docs/protocol/bootrom.md, commands. */
import { ascii } from '@unbrick/core/wire';
import type { BootSession } from './boot-session.js';
import { Status } from './status.js';

/** GET_PL_CAP, first word. */
const Capability = { XFLASH: 1, ME_ID: 2, SOC_ID: 4 } as const;

export async function getHwCode({ line, profile }: BootSession): Promise<void> {
  await line.reply16(profile.hwCode);
  await line.status(Status.OK);
}

export async function getHwSwVersion({ line, profile }: BootSession): Promise<void> {
  await line.reply16(profile.hwSubCode, profile.hwVersion, profile.swVersion);
  await line.status(Status.OK);
}

export async function getTargetConfig({ line, targetConfig }: BootSession): Promise<void> {
  await line.reply32(targetConfig);
  await line.status(Status.OK);
}

export async function getMeId(session: BootSession): Promise<void> {
  await replyId(session, session.profile.bootRom.meId);
}

export async function getSocId(session: BootSession): Promise<void> {
  await replyId(session, session.profile.bootRom.socId ?? '');
}

async function replyId({ line, wire }: BootSession, hexDigits: string): Promise<void> {
  const id = Uint8Array.from(hexDigits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  await line.reply32(id.length);
  if (id.length > 0) await wire.write(id);
  await line.status(Status.OK);
}

export async function getPreloaderCapabilities({ line, profile }: BootSession): Promise<void> {
  const socId = profile.bootRom.socId ? Capability.SOC_ID : 0;
  await line.reply32(Capability.XFLASH | Capability.ME_ID | socId, 0);
}

/** The boot ROM's own log; the genuine host insists on getting it. */
export async function getBootRomLog(session: BootSession, form: 'old' | 'new'): Promise<void> {
  const text = ascii(`[BROM] ${session.profile.platform} USB download`);
  await session.line.reply32(text.length);
  await session.wire.write(text);
  if (form === 'new') await session.line.status(Status.OK);
}
