import { UnbrickError } from '../../errors/unbrick-error.js';
import { hex, SPARSE_MAGIC, SparseChunkHeader, SparseChunkType, SparseHeader } from '../../wire/index.js';
import type { ByteSource } from '../source.js';

/** A contiguous range of the expanded image that the sparse file has content for. */
export interface SparseRun {
  /** Offset in the expanded image, bytes. */
  start: number;
  /** Bytes. */
  length: number;
  /** `fill` when the whole run is one or more repeated 32-bit values and the file holds no data for it. */
  kind: 'data' | 'fill';
  /** Where the header of its first chunk begins in the file. */
  fileOffset: number;
}

/** What the headers of a sparse image say, checked. Holds one entry a run, never one a chunk. */
export interface SparseIndex {
  /** Output block size in bytes. */
  blockSize: number;
  fileHeaderSize: number;
  chunkHeaderSize: number;
  totalChunks: number;
  /** Size of the expanded image, gaps included, bytes. */
  expandedSize: number;
  /** Sum of the runs' lengths, bytes. */
  dataBytes: number;
  /** Ascending, never touching each other: RAW and FILL chunks that follow each other are one run. */
  runs: readonly SparseRun[];
  /** Bytes of the file behind its last chunk: a signature, or padding. */
  trailingBytes: number;
}

/** More separate runs than any real image has; beyond it the list itself would fill the memory. */
const MAX_RUNS = 1 << 20;
/** How much is read at once where headers lie close together, and where they lie far apart. */
const NEAR_WINDOW = 1 << 20;
const FAR_WINDOW = 4096;
/** From this size of a chunk on, reading a small piece at the next header is cheaper than reading the chunk. */
const FAR_CHUNK = 64 << 10;

/** Whether these first bytes of a file say "Android sparse image". */
export function isSparse(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true) === SPARSE_MAGIC;
}

/**
 * Walks all chunk headers of an Android sparse image and checks them against each other and against the file's size; the
 * data itself is not read. See docs/protocol/images.md, "Sparse images".
 * @throws UnbrickError `SPARSE_TRUNCATED` when the file ends before the image does, `SPARSE_DAMAGED` for everything else
 */
export async function readSparseIndex(source: ByteSource): Promise<SparseIndex> {
  const header = await readHeader(source);
  const walker = new HeaderWindow(source);
  const runs: SparseRun[] = [];
  let open: SparseRun | undefined;
  let offset = header.fileHeaderSize;
  let previousSize = 0;
  let block = 0;
  let dataBytes = 0;
  for (let chunk = 0; chunk < header.totalChunks; chunk++) {
    const where = `chunk ${chunk} of ${header.totalChunks} at file offset ${hex(offset)}`;
    if (offset + header.chunkHeaderSize > source.size) throw truncated(source, where, offset + header.chunkHeaderSize);
    if (!walker.holds(offset, SparseChunkHeader.size)) await walker.load(offset, previousSize < FAR_CHUNK);
    const { type, blocks, totalSize } = SparseChunkHeader.parse(walker.bytes, offset - walker.start);
    const payload = payloadSize(type, blocks, header.blockSize);
    if (payload === undefined) throw damaged(source, [`${where}: type ${hex(type, 4)} is not known`]);
    if (totalSize !== header.chunkHeaderSize + payload) {
      throw damaged(source, [
        `${where}: ${blocks} blocks of type ${hex(type, 4)} take ${header.chunkHeaderSize + payload} bytes, the header says ${totalSize}`,
      ]);
    }
    if (type === SparseChunkType.CRC32 && blocks !== 0) {
      throw damaged(source, [`${where}: a checksum chunk claims ${blocks} blocks`]);
    }
    if (block + blocks > header.totalBlocks) {
      throw damaged(source, [`${where}: ends at block ${block + blocks}, the image has ${header.totalBlocks}`]);
    }
    if (offset + totalSize > source.size) throw truncated(source, where, offset + totalSize);
    if (type === SparseChunkType.DONT_CARE) {
      if (blocks > 0) open = undefined;
    } else if (blocks > 0) {
      const length = blocks * header.blockSize;
      if (open) {
        open.length += length;
        if (type === SparseChunkType.RAW) open.kind = 'data';
      } else {
        if (runs.length === MAX_RUNS) throw damaged(source, [`${where}: more than ${MAX_RUNS} separate runs`]);
        open = {
          start: block * header.blockSize,
          length,
          kind: type === SparseChunkType.RAW ? 'data' : 'fill',
          fileOffset: offset,
        };
        runs.push(open);
      }
      dataBytes += length;
    }
    block += blocks;
    offset += totalSize;
    previousSize = totalSize;
  }
  if (block !== header.totalBlocks) {
    throw damaged(source, [
      `the ${header.totalChunks} chunks describe ${block} blocks, the header says ${header.totalBlocks}`,
    ]);
  }
  return {
    blockSize: header.blockSize,
    fileHeaderSize: header.fileHeaderSize,
    chunkHeaderSize: header.chunkHeaderSize,
    totalChunks: header.totalChunks,
    expandedSize: header.totalBlocks * header.blockSize,
    dataBytes,
    runs,
    trailingBytes: source.size - offset,
  };
}

/** Bytes of a chunk in the file behind its header; undefined for a type this program does not know. */
export function payloadSize(type: number, blocks: number, blockSize: number): number | undefined {
  switch (type) {
    case SparseChunkType.RAW:
      return blocks * blockSize;
    case SparseChunkType.FILL:
    case SparseChunkType.CRC32:
      return 4;
    case SparseChunkType.DONT_CARE:
      return 0;
    default:
      return undefined;
  }
}

async function readHeader(source: ByteSource) {
  if (source.size < SparseHeader.size) throw truncated(source, 'the file header', SparseHeader.size);
  const header = SparseHeader.parse(await source.read(0, SparseHeader.size));
  const complaints: string[] = [];
  if (header.magic !== SPARSE_MAGIC) complaints.push(`the file begins with ${hex(header.magic, 8)}`);
  if (header.majorVersion !== 1) complaints.push(`format version ${header.majorVersion}.${header.minorVersion}`);
  if (header.fileHeaderSize < SparseHeader.size) complaints.push(`file header of ${header.fileHeaderSize} bytes`);
  if (header.chunkHeaderSize < SparseChunkHeader.size) {
    complaints.push(`chunk headers of ${header.chunkHeaderSize} bytes`);
  }
  if (header.blockSize === 0 || header.blockSize % 4 !== 0) complaints.push(`blocks of ${header.blockSize} bytes`);
  if (!Number.isSafeInteger(header.totalBlocks * header.blockSize)) {
    complaints.push(`${header.totalBlocks} blocks of ${header.blockSize} bytes`);
  }
  if (complaints.length > 0) throw damaged(source, complaints);
  return header;
}

/** The piece of the file around the header in hand. */
class HeaderWindow {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  holds(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.start + this.bytes.length;
  }

  /** @param near whether the following headers are close enough to read the data between them along the way */
  async load(offset: number, near: boolean): Promise<void> {
    const length = near ? NEAR_WINDOW : FAR_WINDOW;
    this.bytes = await this.#source.read(offset, length);
    this.start = offset;
    if (this.bytes.length < SparseChunkHeader.size) {
      throw truncated(this.#source, `the chunk at file offset ${hex(offset)}`, offset + SparseChunkHeader.size);
    }
  }
}

/** The file ends before the image it describes. */
export function truncated(source: ByteSource, where: string, needed: number): UnbrickError {
  return new UnbrickError({
    code: 'SPARSE_TRUNCATED',
    stage: 'firmware',
    message: `${source.name} is cut off: the sparse image in it is not complete.`,
    evidence: [`${where} needs the file to have ${needed} bytes or more; it has ${source.size}`],
    next: ['Download or unpack the firmware again and compare its checksum.'],
  });
}

/** The headers contradict each other. */
export function damaged(source: ByteSource, evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SPARSE_DAMAGED',
    stage: 'firmware',
    message: `${source.name} is damaged: it is not a valid sparse image.`,
    evidence,
    next: ['Download or unpack the firmware again and compare its checksum.'],
  });
}
