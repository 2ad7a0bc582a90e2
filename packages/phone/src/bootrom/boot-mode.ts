import { ascii, BOOT_MODE_FORBIDDEN, BOOT_MODE_TOKENS, latin1, TargetConfigBit } from '@unbrick/core/wire';
import { LeaveBus } from '../device/wire.js';
import type { BootSession } from './boot-session.js';

export const TOKEN_LENGTH = 8;
/** Spelt as preloaders spell it. */
const UNKNOWN_AT_COMMAND = 'AT+UNKONWN';
const META_FAMILY = /^(METAMETA|ADVEMETA|FACTFACT|FACTORYM)$/;

/**
 * A boot-mode token in place of the handshake: answers it, and boots where it asks for that.
 * @throws LeaveBus when the phone boots on
 */
export async function answerBootModeToken(session: BootSession, received: Uint8Array): Promise<void> {
  const token = latin1(received);
  const mode = Object.values(BOOT_MODE_TOKENS).find((known) => known.token === token);
  if (!mode) {
    if (token.startsWith('AT+')) await session.wire.write(ascii(UNKNOWN_AT_COMMAND));
    return;
  }
  session.log('BOOT_MODE', { token });
  // A locked phone refuses all that would open its modem or its factory tests, but not fastboot.
  if (META_FAMILY.test(token) && session.has(TargetConfigBit.SECURE_BOOT)) {
    await session.wire.write(ascii(BOOT_MODE_FORBIDDEN));
    return;
  }
  await session.wire.write(ascii(mode.answer));
  throw new LeaveBus('boot');
}
