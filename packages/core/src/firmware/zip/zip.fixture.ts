import { deflateRawSync } from 'node:zlib';
import { concat, crc32, struct, u16, u32 } from '../../wire/index.js';

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
