import { execFile } from 'node:child_process';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StorageKind } from '@unbrick/core';
import type { PhoneStorage, StorageArea } from '../storage/phone-storage.js';
import { checkRange, isZero } from '../storage/range.js';

/** Granule in which the storage remembers where data may be. */
const GRANULE = 1024 * 1024;
/** From this length on a hole is punched with the system's tool; starting it costs some milliseconds. */
const PUNCH_FROM = 8 * 1024 * 1024;
const BLOCK = 4 * 1024 * 1024;
const ZEROS = new Uint8Array(BLOCK);

interface RegionFile {
  path: string;
  handle: FileHandle;
  size: number;
  /** 1 where a granule may hold something other than zeros. */
  dirty: Uint8Array;
}

/**
 * Flash memory in a folder: one plain sparse file a region, `boot1.bin`, `boot2.bin`, `rpmb.bin`, `user.bin` and so on,
 * that other tools can look into while the phone is off. A NAND chip is `nand.bin`, its pages one after another without the
 * spare bytes, and `nand-spare.bin`, the spare bytes of page after page.
 */
export class FileStorage implements PhoneStorage {
  readonly kind: StorageKind;
  readonly regions: ReadonlyMap<StorageArea, number>;
  readonly folder: string;
  readonly #files: Map<StorageArea, RegionFile>;
  #fresh: boolean;

  private constructor(kind: StorageKind, folder: string, files: Map<StorageArea, RegionFile>, fresh: boolean) {
    this.kind = kind;
    this.folder = folder;
    this.#files = files;
    this.#fresh = fresh;
    this.regions = new Map([...files].map(([region, file]) => [region, file.size]));
  }

  /** Opens the folder, creating what is missing. @throws Error when a file there has another size than its region */
  static async open(
    folder: string,
    kind: StorageKind,
    regions: Partial<Record<StorageArea, number>>,
  ): Promise<FileStorage> {
    await mkdir(folder, { recursive: true });
    const files = new Map<StorageArea, RegionFile>();
    let fresh = true;
    try {
      for (const [region, size] of Object.entries(regions) as [StorageArea, number][]) {
        const path = join(folder, `${region}.bin`);
        const handle = await openOrCreate(path);
        const dirty = new Uint8Array(Math.ceil(size / GRANULE));
        files.set(region, { path, handle, size, dirty });
        const { size: present, blocks } = await handle.stat();
        if (present === 0) {
          await handle.truncate(size);
          continue;
        }
        if (present !== size) {
          throw new Error(`${path} has ${present} bytes, but region ${region} of this phone has ${size}`);
        }
        // The block count is good enough to tell a new phone, but some file systems report it late.
        if (blocks > 0) fresh = false;
        dirty.fill(1);
      }
    } catch (cause) {
      await Promise.all([...files.values()].map(({ handle }) => handle.close()));
      throw cause;
    }
    return new FileStorage(kind, folder, files, fresh);
  }

  get fresh(): boolean {
    return this.#fresh;
  }

  async read(region: StorageArea, offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.regions, region, offset, length);
    const file = this.#file(region);
    if (!anyDirty(file.dirty, offset, length)) return new Uint8Array(length);
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await file.handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw new Error(`${file.path} has become shorter than its region`);
      filled += bytesRead;
    }
    return bytes;
  }

  async write(region: StorageArea, offset: number, bytes: Uint8Array): Promise<void> {
    checkRange(this.regions, region, offset, bytes.length);
    const file = this.#file(region);
    // Zeros into a hole leave the hole: a phone that was flashed with a mostly empty image stays small on disk.
    if (!anyDirty(file.dirty, offset, bytes.length) && isZero(bytes)) return;
    this.#fresh = false;
    markDirty(file.dirty, offset, bytes.length);
    await writeAll(file.handle, bytes, offset);
  }

  async erase(region: StorageArea, offset: number, length: number): Promise<void> {
    checkRange(this.regions, region, offset, length);
    const file = this.#file(region);
    if (offset + length === file.size && anyDirty(file.dirty, offset, length)) {
      await file.handle.truncate(offset);
      await file.handle.truncate(file.size);
      markClean(file.dirty, offset, length);
      return;
    }
    for (const run of dirtyRuns(file.dirty, offset, length)) {
      if (run.length < PUNCH_FROM || !(await punchHole(file.path, run.start, run.length))) {
        await zeroRange(file.handle, run.start, run.length);
      }
    }
    markClean(file.dirty, offset, length);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map(({ handle }) => handle.close()));
  }

  #file(region: StorageArea): RegionFile {
    return this.#files.get(region) as RegionFile;
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    return open(path, 'w+');
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/** Reading a hole is far cheaper than filling it, so only blocks that hold data are written. */
async function zeroRange(handle: FileHandle, start: number, length: number): Promise<void> {
  const block = new Uint8Array(Math.min(BLOCK, length));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(block, 0, Math.min(BLOCK, length - done), start + done);
    if (bytesRead === 0) return;
    if (!isZero(block.subarray(0, bytesRead))) await writeAll(handle, ZEROS.subarray(0, bytesRead), start + done);
    done += bytesRead;
  }
}

const run = promisify(execFile);
let punchWorks = process.platform === 'linux';

/** False where the system cannot do it. Node has no call for it, util-linux has. */
async function punchHole(path: string, start: number, length: number): Promise<boolean> {
  if (!punchWorks) return false;
  try {
    await run('fallocate', ['--punch-hole', '--offset', `${start}`, '--length', `${length}`, path]);
    return true;
  } catch {
    punchWorks = false;
    return false;
  }
}

function anyDirty(dirty: Uint8Array, offset: number, length: number): boolean {
  if (length === 0) return false;
  const first = Math.floor(offset / GRANULE);
  const last = Math.floor((offset + length - 1) / GRANULE);
  const found = dirty.indexOf(1, first);
  return found >= 0 && found <= last;
}

function markDirty(dirty: Uint8Array, offset: number, length: number): void {
  if (length > 0) dirty.fill(1, Math.floor(offset / GRANULE), Math.floor((offset + length - 1) / GRANULE) + 1);
}

/** Granules that lie wholly inside the range hold nothing now. */
function markClean(dirty: Uint8Array, offset: number, length: number): void {
  const first = Math.ceil(offset / GRANULE);
  const end = offset + length >= dirty.length * GRANULE ? dirty.length : Math.floor((offset + length) / GRANULE);
  if (first < end) dirty.fill(0, first, end);
}

/** The parts of the range that may hold data, as few runs as possible. */
function* dirtyRuns(dirty: Uint8Array, offset: number, length: number): Generator<{ start: number; length: number }> {
  const end = offset + length;
  for (let at = offset; at < end; ) {
    const from = dirty.indexOf(1, Math.floor(at / GRANULE));
    if (from < 0 || from * GRANULE >= end) return;
    const to = dirty.indexOf(0, from);
    const start = Math.max(at, from * GRANULE);
    const stop = Math.min(end, to < 0 ? end : to * GRANULE);
    yield { start, length: stop - start };
    at = stop;
  }
}
