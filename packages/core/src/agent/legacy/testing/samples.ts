import type { DeviceIdentity } from '../../../bootrom/identity.js';
import type { EmiEntry, EmiTable } from '../../../firmware/emi-table.js';
import { ascii, concat, hexBytes } from '../../../wire/index.js';
import type { AgentImage } from '../../start.js';
import { LEGACY_TIMEOUTS, type LegacyTimeouts } from '../timeouts.js';

/** Silence is noticed at once, so that tests of silence are fast. */
export const HASTY: LegacyTimeouts = { ...LEGACY_TIMEOUTS };
for (const name of Object.keys(HASTY) as (keyof LegacyTimeouts)[]) HASTY[name] = 60;

export const DESCRIPTION_2015 = 'MTK_AllInOne_DA_v3.3001.2015-01-19.10:05';
export const DESCRIPTION_2019 = 'MTK_AllInOne_DA_v3.3001.2019-12-31.22:53_497508';
export const SLC_MARKER = 'get SLC percent count';

export function bytesFromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Byte k = `(7·k + 3) mod 256`, the sample content of the protocol page. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, k) => (7 * k + 3) & 0xff);
}

export function identity(hwCode: number, more: Partial<DeviceIdentity> = {}): DeviceIdentity {
  return {
    stage: 'preloader',
    hwCode,
    hwSubCode: 0x8a00,
    hwVersion: 0xca00,
    swVersion: 0,
    bromVersion: 0xff,
    bootloaderVersion: 1,
    targetConfig: {
      raw: 0,
      secureBoot: false,
      serialLinkAuthorisation: false,
      agentAuthentication: false,
      rootCertificate: false,
      memoryReadAuthentication: false,
      memoryWriteAuthentication: false,
    },
    ...more,
  };
}

/** @param stage1Text what can be read in the bytes of stage 1 */
export function image(description: string, stage1Text: string, stage2: Uint8Array): AgentImage {
  return {
    fileName: 'sample_DA.bin',
    description,
    stage1: { bytes: concat(pattern(512), ascii(stage1Text), pattern(64)), address: 0x200000, signatureLength: 0x100 },
    stage2: { bytes: stage2, address: 0x80000000, signatureLength: 0x100 },
  };
}

/** @param ids id bytes of each entry in hex; '' = discrete memory */
export function emiTable(version: number, itemSize: number, ids: string[]): EmiTable {
  const entries = ids.map((id, i): EmiEntry => {
    const bytes = pattern(itemSize);
    bytes[0] = (3 + i) & 0xff;
    return {
      bytes,
      storageClass: id ? 2 : 0,
      dramKind: 3,
      id: bytesFromHex(id),
      firmwareId: new Uint8Array(),
      ramSize: 2 ** 30,
    };
  });
  const list = concat(...entries.map((entry) => entry.bytes));
  return { version, itemSize, entries, list, blob: list, fileName: `preloader_sample_${hexBytes(pattern(1))}.bin` };
}

/** The value a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<{
  code?: string;
  stage?: string;
  message: string;
  evidence: readonly string[];
  next: readonly string[];
}> {
  return promise.then(
    () => {
      throw new Error('it was expected to fail');
    },
    (error) => error,
  );
}
