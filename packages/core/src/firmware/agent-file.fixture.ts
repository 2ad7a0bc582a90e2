import { concat, DA_ENTRY_MAGIC, DA_IDENTIFIER, DA_INFO_MAGIC, DaEntry, DaEntryV3, DaHeader } from '../wire/index.js';

/** Download Agent containers in the form of real ones, with made-up blobs, for tests. */

export interface BlobSpec {
  bytes: Uint8Array;
  address: number;
  signatureLength?: number;
  /** As in files for a single V6 chip: counted from the file's start. */
  signatureOffsetInFile?: boolean;
}

export interface EntrySpec {
  hwCode: number;
  hwSubCode?: number;
  hwVersion?: number;
  swVersion?: number;
  featureSet?: number;
  entryRegionIndex?: number;
  blobs?: BlobSpec[];
}

export interface FileSpec {
  description?: string;
  infoVersion?: number;
  /** Table slots that are kept free, as real files do. */
  capacity?: number;
  entries: EntrySpec[];
}

const EPP: BlobSpec = { bytes: new Uint8Array(0x270).fill(0xee), address: 0x50000000 };

/** EPP and two signed stages of `size` bytes, filled with `fill` and its complement. */
export function phoneBlobs(fill: number, size = 0x400, signature = 'real'): BlobSpec[] {
  const stage = (byte: number): Uint8Array => {
    const bytes = new Uint8Array(size).fill(byte);
    if (signature === 'placeholder') {
      for (let i = 0; i < 0x100; i++) bytes[size - 0x100 + i] = 'SSSSCUST'.charCodeAt(i % 8);
    }
    return bytes;
  };
  return [
    EPP,
    { bytes: stage(fill), address: 0x200000, signatureLength: 0x100 },
    { bytes: stage(~fill & 0xff), address: 0x40000000, signatureLength: 0x100 },
  ];
}

export function agentFileBytes(spec: FileSpec): Uint8Array {
  const { infoVersion = 4, capacity = spec.entries.length } = spec;
  const layout = infoVersion === 3 ? DaEntryV3 : DaEntry;
  let offset = DaHeader.size + capacity * layout.size;
  const table: Uint8Array[] = [];
  const blobs: Uint8Array[] = [];
  for (const entry of spec.entries) {
    const list = entry.blobs ?? phoneBlobs(0x11);
    const regions = list.map((blob) => {
      const { length } = blob.bytes;
      const signatureLength = blob.signatureLength ?? 0;
      const signatureOffset = (blob.signatureOffsetInFile ? offset : 0) + length - signatureLength;
      const region = { offset, length, startAddress: blob.address, signatureOffset, signatureLength };
      offset += length;
      blobs.push(blob.bytes);
      return region;
    });
    const empty = { offset: 0, length: 0, startAddress: 0, signatureOffset: 0, signatureLength: 0 };
    const fields = {
      magic: DA_ENTRY_MAGIC,
      hwCode: entry.hwCode,
      hwSubCode: entry.hwSubCode ?? 0,
      hwVersion: entry.hwVersion ?? 0xca00,
      swVersion: entry.swVersion ?? 0,
      reserved: 0,
      featureSet: entry.featureSet ?? 0x1000,
      entryRegionIndex: entry.entryRegionIndex ?? 0,
      regionCount: regions.length,
      regions: [...regions, ...new Array(10 - regions.length).fill(empty)],
    };
    table.push(infoVersion === 3 ? DaEntryV3.build(fields) : DaEntry.build(fields));
  }
  const header = DaHeader.build({
    identifier: DA_IDENTIFIER,
    description: spec.description ?? 'MTK_AllInOne_DA_v3.3001.2019-12-31.22:53_497508',
    infoVersion,
    infoMagic: DA_INFO_MAGIC,
    entryCount: spec.entries.length,
  });
  const free = new Uint8Array((capacity - spec.entries.length) * layout.size);
  return concat(header, ...table, free, ...blobs);
}
