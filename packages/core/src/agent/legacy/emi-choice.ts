import { describeEmiEntry } from '../../firmware/emi.js';
import type { EmiEntry, EmiTable } from '../../firmware/emi-table.js';
import { hexBytes } from '../../wire/index.js';

const DISCRETE = 0;
const NAND_MCP = 1;
const EMMC_MCP = 2;
const ANY = 0xf;

/** Entries of a memory table that can be meant for a phone. */
export interface EmiCandidates {
  /** The id is the start of the phone's storage id: made for this memory chip. */
  matching: EmiEntry[];
  /** Without an id: RAM apart from the storage chip, about which the storage id says nothing. */
  discrete: EmiEntry[];
}

/** What stage 1 found out about the storage chip. */
export interface StorageIds {
  /** eMMC CID in natural order; zeros without an eMMC. */
  cid: Uint8Array;
  /** NAND id bytes; empty without a NAND. */
  nandId: Uint8Array;
}

export function candidatesFor(table: EmiTable, { cid, nandId }: StorageIds): EmiCandidates {
  const swapped = swapWords(cid);
  // Fillers name no kind of memory and match no phone.
  const real = table.entries.filter((entry) => entry.dramKind !== 0);
  const fits = ({ storageClass, id }: EmiEntry) => {
    if (id.length === 0) return false;
    // The order of the CID bytes is proven for the chips that were looked at, not for every driver: both count.
    const onEmmc = storageClass === EMMC_MCP || storageClass === ANY;
    const onNand = storageClass === NAND_MCP || storageClass === ANY;
    return (onEmmc && (startsWith(cid, id) || startsWith(swapped, id))) || (onNand && startsWith(nandId, id));
  };
  return {
    matching: real.filter(fits),
    discrete: real.filter((entry) => entry.storageClass === DISCRETE || entry.id.length === 0),
  };
}

/** For evidence: `eMMC CID 1501…` or `NAND id addc…`. */
export function describeIds({ cid, nandId }: StorageIds): string {
  return nandId.length > 0 ? `NAND id ${hexBytes(nandId)}` : `eMMC CID ${hexBytes(cid)}`;
}

/** The bytes of a list agent's table: all of it, or when that is more than it takes, what can be meant for the phone. */
export function listFor(table: EmiTable, candidates: EmiCandidates, mostItems: number): Uint8Array {
  if (table.entries.length <= mostItems) return table.list;
  const chosen = [...candidates.matching, ...candidates.discrete].slice(0, mostItems);
  const list = new Uint8Array(chosen.length * table.itemSize);
  chosen.forEach((entry, i) => {
    list.set(entry.bytes.subarray(0, table.itemSize), i * table.itemSize);
  });
  return list;
}

/** For evidence: which memory a table was made for, in plain words. */
export function describeTable(table: EmiTable): string {
  const known = table.entries.filter((entry) => entry.dramKind !== 0).map(describeEmiEntry);
  return `the memory settings (version ${table.version}) of ${table.fileName} are for: ${[...new Set(known)].join('; ') || 'nothing'}`;
}

/** Each 32-bit word turned around: the legacy agents' raw memory dumps against the natural order of a CID. */
export function swapWords(cid: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(cid.length);
  for (let i = 0; i < cid.length; i++) swapped[i] = cid[(i & ~3) + 3 - (i & 3)] ?? 0;
  return swapped;
}

/**
 * The CID of a flash report in natural order. The captured reports hold its words turned around, the vendor's description
 * does not, and these agents have no probe to compare with: the second byte of an embedded chip is 1 ("BGA").
 */
export function naturalCid(reported: Uint8Array): Uint8Array {
  const turned = swapWords(reported);
  return reported[1] !== 1 && turned[1] === 1 ? turned : reported;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);
}
