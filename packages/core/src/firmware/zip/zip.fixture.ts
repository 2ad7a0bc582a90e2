import { deflateRawSync } from 'node:zlib';
import { concat, crc32, struct, u16, u32, u64 } from '../../wire/index.js';
import type { ByteSource } from '../source.js';

/** Zip archives byte by byte, so that every field can lie. */

const LocalHeader = struct('little', {
  signature: u32,
  version: u16,
  flags: u16,
  method: u16,
  dateTime: u32,
  crc32: u32,
  packed: u32,
  size: u32,
  nameLength: u16,
  extraLength: u16,
});

const CentralHeader = struct('little', {
  signature: u32,
  madeBy: u16,
  version: u16,
  flags: u16,
  method: u16,
  dateTime: u32,
  crc32: u32,
  packed: u32,
  size: u32,
  nameLength: u16,
  extraLength: u16,
  commentLength: u16,
  disk: u16,
  internal: u16,
  external: u32,
  offset: u32,
});

const EndRecord = struct('little', {
  signature: u32,
  disk: u16,
  directoryDisk: u16,
  entriesHere: u16,
  entries: u16,
  directorySize: u32,
  directoryOffset: u32,
  commentLength: u16,
});

export interface ZipFile {
  name: string;
  content: Uint8Array | string;
  /** Default: deflated. */
  stored?: boolean;
  /** Lies: said instead of what is true. */
  method?: number;
  flags?: number;
  crc32?: number;
  size?: number;
  packed?: number;
  offset?: number;
  /** Unix mode, for links. */
  mode?: number;
}

const DATE = 0x5a21_0000;
const NAMES_ARE_UTF8 = 0x800;
const MADE_ON_UNIX = 3 << 8;

export function zipBytes(
  files: readonly ZipFile[],
  end: { entries?: number; directorySize?: number } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const content = typeof file.content === 'string' ? new TextEncoder().encode(file.content) : file.content;
    const data = file.stored ? content : new Uint8Array(deflateRawSync(content));
    const name = new TextEncoder().encode(file.name);
    const common = {
      flags: file.flags ?? NAMES_ARE_UTF8,
      method: file.method ?? (file.stored ? 0 : 8),
      dateTime: DATE,
      crc32: file.crc32 ?? crc32(content),
      packed: file.packed ?? data.length,
      size: file.size ?? content.length,
      nameLength: name.length,
      extraLength: 0,
    };
    const local = concat(LocalHeader.build({ signature: 0x04034b50, version: 20, ...common }), name, data);
    directory.push(
      CentralHeader.build({
        signature: 0x02014b50,
        madeBy: MADE_ON_UNIX | 20,
        version: 20,
        ...common,
        commentLength: 0,
        disk: 0,
        internal: 0,
        external: ((file.mode ?? 0o100644) << 16) >>> 0,
        offset: file.offset ?? offset,
      }),
      name,
    );
    parts.push(local);
    offset += local.length;
  }
  const central = concat(...directory);
  return concat(
    ...parts,
    central,
    EndRecord.build({
      signature: 0x06054b50,
      disk: 0,
      directoryDisk: 0,
      entriesHere: end.entries ?? files.length,
      entries: end.entries ?? files.length,
      directorySize: end.directorySize ?? central.length,
      directoryOffset: offset,
      commentLength: 0,
    }),
  );
}

const Zip64Extra = struct('little', { id: u16, length: u16, size: u64, packed: u64 });
const Zip64End = struct('little', {
  signature: u32,
  length: u64,
  madeBy: u16,
  version: u16,
  disk: u32,
  directoryDisk: u32,
  entriesHere: u64,
  entries: u64,
  directorySize: u64,
  directoryOffset: u64,
});
const Zip64Locator = struct('little', { signature: u32, disk: u32, offset: u64, disks: u32 });
const IN_EXTRA = 0xffffffff;

/**
 * An archive of small files and, behind them, one stored file of many gigabytes: its beginning, then zeros. Nothing of that
 * size exists anywhere; `onRead` tells what is asked for.
 */
export function hugeZip(
  files: readonly ZipFile[],
  big: { name: string; head: Uint8Array; size: number },
  onRead: (length: number) => void = () => {},
): ByteSource {
  const small = zipBytes(files);
  const end = EndRecord.parse(small, small.length - EndRecord.size);
  const name = new TextEncoder().encode(big.name);
  const common = {
    flags: NAMES_ARE_UTF8,
    method: 0,
    dateTime: DATE,
    crc32: 0,
    packed: IN_EXTRA,
    size: IN_EXTRA,
    nameLength: name.length,
    extraLength: Zip64Extra.size,
  };
  const extra = Zip64Extra.build({ id: 1, length: 16, size: big.size, packed: big.size });
  const offset = end.directoryOffset;
  const local = LocalHeader.build({ signature: 0x04034b50, version: 45, ...common });
  const before = concat(small.slice(0, offset), local, name, extra, big.head);
  const directoryOffset = offset + local.length + name.length + extra.length + big.size;
  const directory = concat(
    small.slice(offset, offset + end.directorySize),
    CentralHeader.build({
      signature: 0x02014b50,
      madeBy: MADE_ON_UNIX | 45,
      version: 45,
      ...common,
      commentLength: 0,
      disk: 0,
      internal: 0,
      external: (0o100644 << 16) >>> 0,
      offset,
    }),
    name,
    extra,
  );
  const entries = files.length + 1;
  const after = concat(
    directory,
    Zip64End.build({
      signature: 0x06064b50,
      length: Zip64End.size - 12,
      madeBy: MADE_ON_UNIX | 45,
      version: 45,
      disk: 0,
      directoryDisk: 0,
      entriesHere: entries,
      entries,
      directorySize: directory.length,
      directoryOffset,
    }),
    Zip64Locator.build({ signature: 0x07064b50, disk: 0, offset: directoryOffset + directory.length, disks: 1 }),
    EndRecord.build({
      signature: 0x06054b50,
      disk: 0,
      directoryDisk: 0,
      entriesHere: entries,
      entries,
      directorySize: IN_EXTRA,
      directoryOffset: IN_EXTRA,
      commentLength: 0,
    }),
  );
  const size = directoryOffset + after.length;
  return {
    name: 'firmware.zip',
    size,
    read: (start, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - start)));
      onRead(bytes.length);
      for (const [at, part] of [
        [0, before],
        [directoryOffset, after],
      ] as const) {
        const from = Math.max(0, start - at);
        const to = Math.min(part.length, start + bytes.length - at);
        if (from < to) bytes.set(part.subarray(from, to), at + from - start);
      }
      return Promise.resolve(bytes);
    },
  };
}
