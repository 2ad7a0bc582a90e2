import { ascii, bytes, encode, struct, text, u16, u32, u64 } from '@unbrick/core/wire';

/** One memory chip that a practice preloader knows. */
export interface PracticeMemory {
  /** Storage class and kind of DRAM, as in the table. */
  type: number;
  /** eMMC: first nine bytes of the CID (manufacturer, package, OEM, six letters of the product name). UFS: product name. */
  id: Uint8Array;
  /** Bytes of RAM in the same package, split over two ranks. */
  ramSize: number;
}

/** Head of every EMI table, 0x70 bytes (docs/protocol/preloader.md, "Memory settings"). */
const Head = struct('little', {
  tag: text(0x1b),
  fileName: text(0x3d),
  format: bytes(4),
  magic: u32,
  signatureOffset: u16,
  entriesOffset: u16,
  marker: text(8),
  count: u32,
});

/** Start of an entry in the layout of eMMC phones; registers and rank sizes follow. */
const EntryHead = struct('little', {
  subVersion: u32,
  type: u32,
  idLength: u32,
  firmwareIdLength: u32,
  id: bytes(16),
  firmwareId: bytes(8),
});

/** Layout of MT6571/MT6572: the id comes before its length. */
const EntryHeadOld = struct('little', { type: u32, id: bytes(16), idLength: u32, frequency: u32 });

/** Layout of newer chips (table versions 49 and 52). */
const EntryHeadShort = struct('little', { type: u32, idLength: u32, id: bytes(16) });

/** Layout of MT6573 to MT6577 (table versions 08 and 09): no length, as much of the id as fits. */
const EntryHeadBare = struct('little', { type: u32, id: bytes(12) });

/** High byte: kind of storage in the same package; low byte: kind of RAM. */
export const MemoryType = {
  NAND_LPDDR2: 0x0102,
  EMMC_LPDDR2: 0x0202,
  EMMC_LPDDR3: 0x0203,
  EMMC_LPDDR4X: 0x0206,
  UFS_LPDDR4X: 0x0306,
} as const;

/** Where the rank sizes lie in an entry of so many bytes, and how wide they are; nowhere where registers tell them. */
const RANKS: Record<number, { offset: number; wide: boolean } | 'none'> = {
  188: { offset: 0x6c, wide: false },
  176: { offset: 0x60, wide: false },
  184: 'none',
  168: { offset: 0x90, wide: false },
  160: { offset: 0x50, wide: true },
  136: 'none',
  84: { offset: 0x18, wide: true },
};

/**
 * A memory table in the real form. @throws RangeError for an entry size without known rank place
 */
export function buildEmiTable(
  version: number,
  itemSize: number,
  fileName: string,
  memories: readonly PracticeMemory[],
): Uint8Array {
  const ranks = RANKS[itemSize];
  if (!ranks) throw new RangeError(`no layout is known for memory entries of ${itemSize} bytes`);
  const table = new Uint8Array(Head.size + memories.length * itemSize);
  table.set(
    Head.build({
      tag: `MTK_BLOADER_INFO_v${String(version).padStart(2, '0')}`,
      fileName,
      format: ascii('V116'),
      magic: 0x33448822,
      signatureOffset: 0x90,
      entriesOffset: 0x70,
      marker: 'MTK_BIN',
      count: memories.length,
    }),
  );
  memories.forEach((memory, index) => {
    table.set(buildEntry(memory, itemSize, ranks), Head.size + index * itemSize);
  });
  return table;
}

function buildEntry(memory: PracticeMemory, itemSize: number, ranks: (typeof RANKS)[number]): Uint8Array {
  const entry = new Uint8Array(itemSize);
  entry.set(buildEntryHead(memory, itemSize));
  if (ranks === 'none') return entry;
  const field = ranks.wide ? u64 : u32;
  for (const rank of [0, 1]) {
    entry.set(encode(field, 'little', memory.ramSize / 2), ranks.offset + rank * field.size);
  }
  return entry;
}

function buildEntryHead({ type, id }: PracticeMemory, itemSize: number): Uint8Array {
  const idLength = id.length;
  switch (itemSize) {
    case 168:
      return EntryHeadOld.build({ type, id, idLength, frequency: 0 });
    case 136:
      return EntryHeadBare.build({ type, id });
    case 84:
      return EntryHeadShort.build({ type, idLength, id });
    default:
      return EntryHead.build({
        subVersion: 0,
        type,
        idLength,
        firmwareIdLength: 0,
        id,
        firmwareId: new Uint8Array(0),
      });
  }
}
