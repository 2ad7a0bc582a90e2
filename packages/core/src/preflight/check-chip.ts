import type { DeviceIdentity } from '../bootrom/identity.js';
import { chipsByName } from '../chips/chips.js';
import type { ScatterFile } from '../firmware/scatter/scatter.js';
import { hex } from '../wire/index.js';
import type { Finding } from './finding.js';

/** Is this firmware for this chip? Pure. */
export function checkChip(scatter: ScatterFile, identity: DeviceIdentity): Finding {
  const platform = scatter.platform.toUpperCase();
  const hwCode = hex(identity.hwCode, 4);
  const { chip } = identity;
  const phone = chip ? chip.names.join('/') : `an unknown chip (${hwCode})`;
  const evidence = [
    `the firmware is for ${platform || 'an unnamed platform'}`,
    `the phone reports hw_code ${hwCode}: ${phone}`,
  ];
  if (!chip) {
    return {
      severity: 'blocker',
      code: 'CHIP_UNKNOWN',
      message: `The phone's chip (${hwCode}) is not known to this program, so it cannot be compared with the firmware.`,
      evidence,
      next: ['Please report this hw_code and the phone’s name to the project.'],
    };
  }
  if (chip.names.includes(platform)) {
    const alias = platform !== chip.names[0];
    return {
      severity: 'ok',
      code: 'CHIP_MATCHES',
      message: alias
        ? `The firmware names ${platform}, the phone ${chip.names[0]}: two names of the same chip family (hw_code ${hwCode}). The difference in the name does not matter; the board must still be the right one.`
        : `The firmware is for this chip (${platform}).`,
      evidence,
      next: [],
    };
  }
  const base = platform.match(/^MT\d{4}/)?.[0];
  if (base !== undefined && base !== platform && chip.names.includes(base)) {
    return {
      severity: 'warning',
      code: 'CHIP_VARIANT',
      message: `The firmware names ${platform}, a variant of ${base} with the same hw_code ${hwCode}. The chip fits; the board may differ.`,
      evidence,
      next: ['Compare the exact model and board version of the phone with the firmware’s name before you go on.'],
    };
  }
  const meant = chipsByName(platform);
  return {
    severity: 'blocker',
    code: 'CHIP_MISMATCH',
    message: `This firmware is for ${platform || 'an unnamed platform'}, the phone has an ${chip.names[0]}. It would not start afterwards.`,
    evidence: [...evidence, ...meant.map((other) => `${platform} reports hw_code ${hex(other.hwCode, 4)}`)],
    next: [`Find a firmware made for this phone's exact model, with a scatter file for ${chip.names.join(' or ')}.`],
  };
}
