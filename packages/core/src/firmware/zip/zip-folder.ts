import type { Entry, FileEntry } from '@zip.js/zip.js';
import { UnbrickError } from '../../errors/unbrick-error.js';
import type { FirmwareProblem } from '../firmware-problem.js';
import type { ByteSource, FolderSource } from '../source.js';
import { CompressedEntry, StoredEntry } from './entry-sources.js';
import { StreamPool } from './stream-pool.js';
import {
  archiveDamaged,
  archiveEncrypted,
  archiveTooLarge,
  duplicateName,
  methodUnsupported,
  zipFailure,
} from './zip-errors.js';
import { safePath, unsafeNames } from './zip-names.js';

/** As for folders: more files are a collection rather than a firmware. */
const MAX_FILES = 20_000;
/** Largest piece that the directory may make this program read at once; a directory of 20,000 long names has 6 MiB. */
const MAX_READ = 32 << 20;
/** Deflate makes at most 1032 bytes of one. */
const MAX_RATIO = 1040;

const STORED = 0;
const DEFLATE = 8;

/**
 * A zip archive as a folder: nothing is unpacked, files are decompressed while they are read. Reads the directory only.
 * Names that lead out of the folder are left out and told.
 * @throws UnbrickError `ARCHIVE_DAMAGED`, `ARCHIVE_SPLIT`, `ARCHIVE_ENCRYPTED` (its directory), `ARCHIVE_TOO_LARGE`
 */
export async function openZipFolder(archive: ByteSource): Promise<FolderSource> {
  const entries = await readDirectory(archive);
  const files = new Map<string, FileEntry[]>();
  const unsafe: { name: string; why: string }[] = [];
  for (const entry of entries) {
    if (entry.directory) continue;
    const safe = entry.symlink ? { unsafe: 'a link to another file' } : safePath(entry.filename);
    if (safe === 'litter') continue;
    if ('unsafe' in safe) unsafe.push({ name: entry.filename, why: safe.unsafe });
    else files.set(safe.path, [...(files.get(safe.path) ?? []), entry]);
  }
  refuseOverlaps(archive, entries);
  return new ZipFolder(archive, files, unsafeNames(unsafe));
}

async function readDirectory(archive: ByteSource): Promise<Entry[]> {
  const { Reader, ZipReader } = await import('@zip.js/zip.js');
  class ArchiveReader extends Reader<ByteSource> {
    constructor() {
      super(archive);
      this.size = archive.size;
    }

    override async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
      if (length > MAX_READ) throw archiveTooLarge(archive.name, `its directory claims ${length} bytes`);
      return archive.read(offset, length);
    }
  }
  const entries: Entry[] = [];
  try {
    // Unsafe names are judged here, one by one: they must not hide the rest of the archive.
    const reader = new ZipReader(new ArchiveReader(), { filenameValidation: 'tolerant' });
    for await (const entry of reader.getEntriesGenerator()) {
      entries.push(entry);
      if (entries.length > MAX_FILES) throw archiveTooLarge(archive.name, `more than ${MAX_FILES} files`);
    }
  } catch (cause) {
    throw zipFailure(archive.name, cause);
  }
  return entries;
}

/** Files that share bytes are how a small archive pretends to hold a large one. */
function refuseOverlaps(archive: ByteSource, entries: readonly Entry[]): void {
  const ranges = entries.map(({ offset, compressedSize }) => ({ offset, end: offset + compressedSize }));
  ranges.sort((a, b) => a.offset - b.offset);
  for (let i = 0; i < ranges.length; i++) {
    const { offset, end } = ranges[i] as (typeof ranges)[0];
    const next = ranges[i + 1]?.offset ?? archive.size;
    if (end <= next) continue;
    throw archiveDamaged(archive.name, 'is damaged or made to do harm: files in it overlap', [
      `the file at ${offset} reaches to ${end}, the next begins at ${next}`,
    ]);
  }
}

class ZipFolder implements FolderSource {
  readonly name: string;
  readonly problems: readonly FirmwareProblem[];
  readonly #archive: ByteSource;
  readonly #files: ReadonlyMap<string, readonly FileEntry[]>;
  readonly #pool = new StreamPool();

  constructor(archive: ByteSource, files: ReadonlyMap<string, readonly FileEntry[]>, problems: FirmwareProblem[]) {
    this.name = archive.name;
    this.problems = problems;
    this.#archive = archive;
    this.#files = files;
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.#files.keys()]);
  }

  /**
   * Each call gives a reader of its own.
   * @throws UnbrickError `FILE_MISSING`, `ARCHIVE_DUPLICATE_NAME`, `ARCHIVE_ENCRYPTED`, `ARCHIVE_METHOD_UNSUPPORTED`,
   *   `ARCHIVE_DAMAGED`
   */
  async open(path: string): Promise<ByteSource> {
    const [entry, ...more] = this.#files.get(path) ?? [];
    if (!entry) throw missing(this.name, path);
    if (more.length > 0) throw duplicateName(this.name, path, more.length + 1);
    if (entry.encrypted) throw archiveEncrypted(path);
    const { compressionMethod: method, compressedSize: packed, uncompressedSize: size } = entry;
    if (size === 0 && (entry.crc32 ?? 0) !== 0) {
      // Nobody reads an empty file to its end, where its checksum would be compared.
      throw archiveDamaged(path, 'is damaged: it has a checksum, but no content', [`0 bytes out of ${packed}`]);
    }
    if (method === STORED ? packed !== size : size > (packed + 1) * MAX_RATIO) {
      const how = method === STORED ? 'stored as they are' : 'compressed';
      throw archiveDamaged(path, 'is damaged or made to do harm: its size cannot be true', [
        `${size} bytes out of ${packed} that are ${how}`,
      ]);
    }
    if (method === STORED) return new StoredEntry(this.#archive, entry, path);
    if (method === DEFLATE) return new CompressedEntry(this.#archive, entry, path, this.#pool);
    throw methodUnsupported(path, method);
  }
}

function missing(archive: string, path: string): UnbrickError {
  return new UnbrickError({
    code: 'FILE_MISSING',
    stage: 'firmware',
    message: `There is no file ${path} in ${archive}.`,
    next: ['Download the firmware again and compare its checksum.'],
  });
}
