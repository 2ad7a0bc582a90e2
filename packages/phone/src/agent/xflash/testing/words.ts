/** Payloads that tests send often. */
import { ascii, concat, encode, u64, XflashFlashBlock, xflashChunkSum } from '@unbrick/core/wire';

/** A flash-operation block with the NAND fields at zero. */
export function flashBlock(section: number, address: number, length: number, storage = 1): Uint8Array {
  return XflashFlashBlock.build({
    storage,
    section,
    address,
    length,
    nandCellUsage: 0,
    nandAddressType: 0,
    nandBinType: 0,
    nandRegion: 0,
    operation: 0,
    nandSysSlcPercent: 0,
    nandUserSlcPercent: 0,
    nandPhysicalMaxKib: 0,
  });
}

/** The three frames of one chunk. */
export function chunk(data: Uint8Array, checksum = xflashChunkSum(data)): (number | Uint8Array)[] {
  return [0, checksum, data];
}

/** Name and size of DOWNLOAD. */
export function nameAndSize(name: string, size: number): Uint8Array[] {
  return [ascii(name), encode(u64, 'little', size)];
}

/** `length` bytes of a pattern. */
export function pattern(length: number, a = 7, b = 3): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * a + b);
}

/** A memory table as a preloader carries it: eMMC records of 160 bytes for the given ids. */
export function memoryTable(version: string, ids: readonly Uint8Array[], type = 0x203): Uint8Array {
  const head = new Uint8Array(0x70);
  head.set(ascii(`MTK_BLOADER_INFO_v${version}`));
  head.set(ascii('MTK_BIN'), 0x64);
  new DataView(head.buffer).setUint32(0x6c, ids.length, true);
  const records = ids.map((id) => {
    const record = new Uint8Array(160);
    const view = new DataView(record.buffer);
    view.setUint32(4, type, true);
    view.setUint32(8, id.length, true);
    record.set(id, 16);
    return record;
  });
  return concat(head, ...records);
}

/** Index of the first byte that differs, -1 when all are equal: comparing megabytes with `toEqual` takes many seconds. */
export function firstDifference(got: Uint8Array | number | undefined, wanted: Uint8Array): number {
  if (!(got instanceof Uint8Array)) return 0;
  const common = Math.min(got.length, wanted.length);
  for (let i = 0; i < common; i++) if (got[i] !== wanted[i]) return i;
  return got.length === wanted.length ? -1 : common;
}
