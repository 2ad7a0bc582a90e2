/** Android sparse image layouts, little-endian. */
import { struct, u16, u32 } from './struct.js';

export const SPARSE_MAGIC = 0xed26ff3a;
export const SparseHeader = struct('little', {
  magic: u32,
  majorVersion: u16,
  minorVersion: u16,
  fileHeaderSize: u16,
  chunkHeaderSize: u16,
  blockSize: u32,
  totalBlocks: u32,
  totalChunks: u32,
  imageChecksum: u32,
});
export const SparseChunkHeader = struct('little', { type: u16, reserved: u16, blocks: u32, totalSize: u32 });
export const SparseChunkType = { RAW: 0xcac1, FILL: 0xcac2, DONT_CARE: 0xcac3, CRC32: 0xcac4 } as const;
