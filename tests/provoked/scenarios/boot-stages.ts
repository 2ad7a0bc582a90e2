import { authoriseHost, bootInto, type OwnerCredentials, type Signer } from '@unbrick/core';
import { BootCommand } from '@unbrick/core/wire';
import { MemoryStorage, NO_FAULTS, type Profile, VirtualPhone } from '@unbrick/phone';
import { smallPhone } from './on-the-phone.js';
import { fault, plugged } from './plugged.js';
import type { Scenarios } from './scenario.js';
import { bitFlipped, once, tampered } from './tampering.js';

/** What boot ROM and preloader refuse, and what can go wrong on the way to a running agent. */

const PROFILE = smallPhone('mt6735-emmc');
const locked = (targetConfig: number): Profile => ({ ...PROFILE, bootRom: { ...PROFILE.bootRom, targetConfig } });

const authorising = (profile: Profile, credentials: OwnerCredentials, faults = NO_FAULTS) =>
  plugged({ profile, faults }, ({ connected }) => authoriseHost(connected.bootRom, connected.identity, credentials));
const signer = (sign: Signer['sign']): Signer => ({ name: 'key.pem', sign });

export const BOOT_STAGES: Scenarios = {
  BROM_REFUSED: plugged({ profile: PROFILE, faults: fault('answers=GET_HW_CODE:0x1D0D') }),
  DA_REJECTED: plugged({ profile: PROFILE, faults: fault('da-rejected') }),
  AUTH_REQUIRED: plugged({ profile: PROFILE, faults: fault('answers=SEND_DA:0x7017') }),
  // The phone repeats another opcode than the one that it was sent.
  ECHO_MISMATCH: plugged({
    profile: PROFILE,
    through: tampered({
      fromPhone: once((bytes) => bytes.length === 1 && bytes[0] === BootCommand.SEND_DA, bitFlipped),
    }),
  }),
  DA_CHECKSUM_MISMATCH: plugged({
    profile: PROFILE,
    through: tampered({ toPhone: once((bytes) => bytes.length > 10_000, bitFlipped) }),
  }),
  SLA_REFUSED: authorising(
    locked(2),
    { signer: signer(async () => new Uint8Array(256)) },
    fault('answers=SLA#3:0x7015'),
  ),
  SIGNER_FAILED: authorising(locked(2), {
    signer: signer(async () => {
      throw new Error('the card was pulled out');
    }),
  }),
  BOOT_MODE_REFUSED: async () => {
    const profile = { ...PROFILE, preloader: { ...PROFILE.preloader, targetConfig: 1 } };
    const phone = new VirtualPhone({ profile, storage: new MemoryStorage('emmc', PROFILE.storage.regions) });
    try {
      await bootInto(phone.portSource(), 'meta', { timeoutMs: 10_000 });
      return [];
    } finally {
      await phone.close();
    }
  },
};
