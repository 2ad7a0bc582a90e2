import { concat, LegacyError, SparseChunkHeader, SparseChunkType, SparseHeader, viewOf } from '@unbrick/core/wire';
import type { FlashWriter } from './image-writer.js';
import { PacketRefused } from './packets.js';

/** Fill patterns are written in blocks of this size. */
const FILL_BLOCK = 0x100000;

/** Where in the sparse stream the expander stands. */
interface Position {
  /** What comes next in the stream. */
  expects: 'file-header' | 'chunk-header' | 'raw' | 'fill' | 'skip' | 'checksum';
  /** Bytes of an unfinished header or fill word. */
  carry: Uint8Array;
  blockSize: number;
  chunkHeaderSize: number;
  /** Bytes of the expanded image that are behind. */
  output: number;
  /** Bytes still to come: of stream for raw data and things skipped, of output for a fill. */
  rest: number;
}

/**
 * Expands an Android sparse image as its packets arrive. The position moves only when a whole packet went through: a
 * packet that was refused comes again from its first byte.
 */
export class SparseExpander {
  private position: Position = {
    expects: 'file-header',
    carry: new Uint8Array(0),
    blockSize: 0,
    chunkHeaderSize: 0,
    output: 0,
    rest: 0,
  };

  constructor(private readonly flash: FlashWriter) {}

  /** @throws PacketRefused for what is no sparse image or does not fit; StorageFault */
  async put(packet: Uint8Array): Promise<void> {
    const position = { ...this.position };
    let data = position.carry.length > 0 ? concat(position.carry, packet) : packet;
    position.carry = new Uint8Array(0);
    while (data.length > 0) {
      const used = await this.step(position, data);
      if (used === 0) {
        position.carry = data.slice();
        break;
      }
      data = data.subarray(used);
    }
    this.position = position;
  }

  /** Consumes the next piece of the stream. @returns its bytes, 0 when more are needed first */
  private async step(at: Position, data: Uint8Array): Promise<number> {
    switch (at.expects) {
      case 'file-header':
        return this.takeFileHeader(at, data);
      case 'chunk-header':
        return this.takeChunkHeader(at, data);
      case 'raw': {
        const count = Math.min(at.rest, data.length);
        await this.flash.write(at.output, data.subarray(0, count));
        at.output += count;
        return this.advance(at, count);
      }
      case 'fill':
        if (data.length < 4) return 0;
        await this.fill(at, viewOf(data).getUint32(0, true));
        at.expects = 'chunk-header';
        return 4;
      default:
        return this.advance(at, Math.min(at.rest, data.length));
    }
  }

  private advance(at: Position, count: number): number {
    at.rest -= count;
    if (at.rest === 0) at.expects = 'chunk-header';
    return count;
  }

  private async takeFileHeader(at: Position, data: Uint8Array): Promise<number> {
    if (data.length < SparseHeader.size) return 0;
    const header = SparseHeader.parse(data);
    const sound =
      header.majorVersion === 1 &&
      header.fileHeaderSize >= SparseHeader.size &&
      header.chunkHeaderSize >= SparseChunkHeader.size &&
      header.blockSize > 0 &&
      header.blockSize % 4 === 0;
    if (!sound) throw new PacketRefused(LegacyError.DA_SDMMC_WRITE_FAILED);
    if (data.length < header.fileHeaderSize) return 0;
    const expanded = header.totalBlocks * header.blockSize;
    if (expanded > this.flash.room) throw new PacketRefused(LegacyError.DA_INVALID_RANGE);
    if (expanded > 0) await this.flash.erase(0, expanded);
    at.blockSize = header.blockSize;
    at.chunkHeaderSize = header.chunkHeaderSize;
    at.expects = 'chunk-header';
    return header.fileHeaderSize;
  }

  private takeChunkHeader(at: Position, data: Uint8Array): number {
    if (data.length < at.chunkHeaderSize) return 0;
    const chunk = SparseChunkHeader.parse(data);
    const size = chunk.blocks * at.blockSize;
    const payload = chunk.totalSize - at.chunkHeaderSize;
    if (at.output + size > this.flash.room) throw new PacketRefused(LegacyError.DA_INVALID_RANGE);
    switch (chunk.type) {
      case SparseChunkType.RAW:
        if (payload !== size) throw new PacketRefused(LegacyError.DA_SDMMC_WRITE_FAILED);
        at.rest = size;
        at.expects = size > 0 ? 'raw' : 'chunk-header';
        break;
      case SparseChunkType.FILL:
        if (payload !== 4) throw new PacketRefused(LegacyError.DA_SDMMC_WRITE_FAILED);
        at.rest = size;
        at.expects = 'fill';
        break;
      case SparseChunkType.DONT_CARE:
        at.output += size;
        this.passOver(at, payload, 'skip');
        break;
      case SparseChunkType.CRC32:
        this.passOver(at, payload, 'checksum');
        break;
      default:
        throw new PacketRefused(LegacyError.DA_SDMMC_WRITE_FAILED);
    }
    return at.chunkHeaderSize;
  }

  private passOver(at: Position, payload: number, expects: 'skip' | 'checksum'): void {
    if (payload < 0) throw new PacketRefused(LegacyError.DA_SDMMC_WRITE_FAILED);
    at.rest = payload;
    if (payload > 0) at.expects = expects;
  }

  private async fill(at: Position, value: number): Promise<void> {
    const end = at.output + at.rest;
    if (value === 0) {
      if (at.rest > 0) await this.flash.erase(at.output, at.rest);
      at.output = end;
    } else {
      const block = new Uint8Array(Math.min(FILL_BLOCK, at.rest));
      const view = viewOf(block);
      for (let i = 0; i < block.length; i += 4) view.setUint32(i, value, true);
      while (at.output < end) {
        const piece = block.subarray(0, Math.min(block.length, end - at.output));
        await this.flash.write(at.output, piece);
        at.output += piece.length;
      }
    }
    at.rest = 0;
  }
}
