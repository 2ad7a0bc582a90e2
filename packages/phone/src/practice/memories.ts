import { ascii } from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import { MemoryType, type PracticeMemory } from './emi-table.js';

/** Bytes of a CID that name the chip: manufacturer, package, OEM, six letters. */
const CID_NAME_LENGTH = 9;
/** Bytes of a NAND id that count. */
const NAND_ID_LENGTH = 5;
/** Table versions of the years in which phones had LPDDR2. */
const LAST_LPDDR2_VERSION = 11;

/** Three chips that such a board is built with; the phone's own is the middle one. */
export function memoriesOf({ storage, ramSize, agent }: Profile): PracticeMemory[] {
  const of = (type: number, ...ids: Uint8Array[]) => ids.map((id) => ({ type, id, ramSize }));
  switch (storage.kind) {
    case 'ufs':
      return of(
        MemoryType.UFS_LPDDR4X,
        ...['KM2V8001CM-B707', storage.id, 'H9HQ16AECMMDAR'].map((product) => ascii(product)),
      );
    case 'nand': {
      const own = fromHex(storage.id).slice(0, NAND_ID_LENGTH);
      return of(MemoryType.NAND_LPDDR2, fromHex('adbc905554'), own, fromHex('2cbc905666'));
    }
    default: {
      const old = (agent.legacy?.emiVersion ?? 99) <= LAST_LPDDR2_VERSION;
      const own = fromHex(storage.id).slice(0, CID_NAME_LENGTH);
      const recent = agent.generation === 'xml' ? MemoryType.EMMC_LPDDR4X : MemoryType.EMMC_LPDDR3;
      const type = old ? MemoryType.EMMC_LPDDR2 : recent;
      return of(type, emmcName(0x15, 'QE63MB'), own, emmcName(0x90, 'H8G4a2'));
    }
  }
}

function emmcName(manufacturer: number, product: string): Uint8Array {
  return Uint8Array.of(manufacturer, 0x01, 0x00, ...Array.from(product, (letter) => letter.charCodeAt(0)));
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
