import type { StorageKind } from '../storage/storage.js';
import { ascii, hex, hexBytes } from '../wire/index.js';
import type { EmiEntry, EmiTable } from './emi-table.js';

const NAND = 1;
const EMMC = 2;
const UFS = 3;
const CLASS_OF: Readonly<Record<StorageKind, number>> = { nand: NAND, emmc: EMMC, sdmmc: EMMC, ufs: UFS };

const DRAM_NAMES: readonly (string | undefined)[] = [
  undefined,
  'DDR1',
  'LPDDR2',
  'LPDDR3',
  'DDR3',
  'LPDDR4',
  'LPDDR4X',
];
const MANUFACTURERS: Readonly<Record<number, string>> = {
  17: 'Kioxia (Toshiba)',
  19: 'Micron',
  21: 'Samsung',
  55: 'KingMax',
  69: 'SanDisk',
  112: 'Kingston',
  136: 'Foresee (Longsys)',
  143: 'UNIC',
  144: 'SK hynix',
  173: 'SK hynix',
  214: 'Foresee (Longsys)',
  244: 'Biwin',
  254: 'Micron',
};
/** UFS chips have no manufacturer byte; their product names tell. */
const UFS_NAMES: readonly [RegExp, string][] = [
  [/^K[LM]/, 'Samsung'],
  [/^H[29N8]/i, 'SK hynix'],
  [/^MT/, 'Micron'],
  [/^TH/, 'Kioxia (Toshiba)'],
  [/^SD/, 'SanDisk'],
];

/** One entry in plain words: `Samsung QE63MB, eMMC with LPDDR3, 3 GiB`. */
export function describeEmiEntry(entry: EmiEntry): string {
  const ram = DRAM_NAMES[entry.dramKind] ?? `RAM kind ${entry.dramKind}`;
  const size = entry.ramSize > 0 ? `, ${memorySize(entry.ramSize)}` : '';
  switch (entry.storageClass) {
    case NAND:
      return `${manufacturer(entry.id[0])}NAND ${hexBytes(entry.id)} with ${ram}${size}`;
    case EMMC:
      return `${manufacturer(entry.id[0])}${text(entry.id.subarray(3)) || hexBytes(entry.id)}, eMMC with ${ram}${size}`;
    case UFS:
      return `${ufsManufacturer(text(entry.id))}${text(entry.id)}, UFS with ${ram}${size}`;
    case 0:
      return `separate ${ram} chips${size}`;
    default:
      return `any ${ram}${size}`;
  }
}

export interface EmiMatch {
  /**
   * `match`: the firmware knows this chip. `no-match`: it knows others only. `discrete-only`: it is for boards with
   * separate RAM chips, so the id of the storage cannot decide.
   */
  verdict: 'match' | 'no-match' | 'discrete-only';
  /** The entry that matches. */
  entry?: EmiEntry;
  /** The memory the firmware knows, in plain words, each once. */
  listed: string[];
}

/**
 * Looks a phone's storage chip up in a firmware's memory settings.
 * @param id eMMC: CID in natural order; UFS: product name text; NAND: id bytes
 * @param firmwareId eMMC firmware revision where known; without it entries that ask for one match by their id
 */
export function matchEmi(table: EmiTable, storage: StorageKind, id: Uint8Array, firmwareId?: Uint8Array): EmiMatch {
  const real = table.entries.filter((entry) => !isFiller(entry));
  const listed = [...new Set(real.map(describeEmiEntry))];
  const entry = real.find((each) => isFor(each, storage, id, firmwareId));
  if (entry) return { verdict: 'match', entry, listed };
  // Entries for any storage have no id either.
  const discrete = real.length > 0 && real.every((each) => each.id.length === 0);
  return { verdict: discrete ? 'discrete-only' : 'no-match', listed };
}

function isFor(entry: EmiEntry, storage: StorageKind, id: Uint8Array, firmwareId: Uint8Array | undefined): boolean {
  if (entry.storageClass !== CLASS_OF[storage] && entry.storageClass !== 0xf) return false;
  const wanted = storage === 'ufs' ? ascii(text(entry.id)) : entry.id;
  if (wanted.length === 0 || !beginsWith(id, wanted)) return false;
  return firmwareId === undefined || beginsWith(firmwareId, entry.firmwareId);
}

function beginsWith(value: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.length <= value.length && beginning.every((byte, i) => value[i] === byte);
}

/** Placeholders that stand in tables and match no chip. */
function isFiller(entry: EmiEntry): boolean {
  if (entry.dramKind === 0 || text(entry.id).includes('FAKE')) return true;
  const first = entry.id[0];
  return (
    entry.storageClass !== 0 &&
    entry.id.length > 1 &&
    (first === 0xff || first === 0x33 || first === 0x44) &&
    entry.id.every((byte) => byte === first)
  );
}

function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ' '))
    .join('')
    .trim();
}

function manufacturer(id: number | undefined): string {
  if (id === undefined) return '';
  return `${MANUFACTURERS[id] ?? `manufacturer ${hex(id, 2)}`} `;
}

function ufsManufacturer(product: string): string {
  const known = UFS_NAMES.find(([pattern]) => pattern.test(product));
  return known ? `${known[1]} ` : '';
}

function memorySize(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${Number(gibibytes.toFixed(2))} GiB` : `${bytes / 2 ** 20} MiB`;
}
