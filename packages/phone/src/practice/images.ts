import {
  ascii,
  bytes,
  concat,
  SPARSE_MAGIC,
  SparseChunkHeader,
  SparseChunkType,
  SparseHeader,
  struct,
  text,
  u32,
} from '@unbrick/core/wire';
import { noise } from './noise.js';

const MtkPartitionHeader = struct('little', {
  magic: u32,
  size: u32,
  name: text(32),
  loadAddress: u32,
  mode: u32,
});

/** An image behind MediaTek's 512-byte partition header, as lk and logo have it. */
export function mtkImage(name: string, length: number): Uint8Array {
  const image = new Uint8Array(512 + length).fill(0xff, 0, 512);
  image.set(
    MtkPartitionHeader.build({ magic: 0x58881688, size: length, name, loadAddress: 0xffffffff, mode: 0xffffffff }),
  );
  image.set(noise(`image ${name}`, length), 512);
  return image;
}

const BootImageHeader = struct('little', {
  magic: bytes(8),
  kernelSize: u32,
  kernelAddress: u32,
  ramdiskSize: u32,
  ramdiskAddress: u32,
  secondSize: u32,
  secondAddress: u32,
  tagsAddress: u32,
  pageSize: u32,
});

/** An Android boot image: header, kernel and ramdisk of noise, each padded to the page. */
export function bootImage(name: string, kernelLength: number, ramdiskLength: number): Uint8Array {
  const page = 2048;
  const padded = (part: Uint8Array) => {
    const result = new Uint8Array(Math.ceil(part.length / page) * page);
    result.set(part);
    return result;
  };
  const header = BootImageHeader.build({
    magic: ascii('ANDROID!'),
    kernelSize: kernelLength,
    kernelAddress: 0x40008000,
    ramdiskSize: ramdiskLength,
    ramdiskAddress: 0x44000000,
    secondSize: 0,
    secondAddress: 0x40f00000,
    tagsAddress: 0x4e000000,
    pageSize: page,
  });
  return concat(
    padded(header),
    padded(noise(`kernel ${name}`, kernelLength)),
    padded(noise(`ramdisk ${name}`, ramdiskLength)),
  );
}

/** A sparse image of `blocks` 4 KiB blocks with data, fills and gaps in turn, a quarter of it data. */
export function sparseImage(name: string, blocks: number): Uint8Array {
  const blockSize = 4096;
  const parts: Uint8Array[] = [];
  let left = blocks;
  let chunk = 0;
  while (left > 0) {
    const length = Math.min(left, 32);
    const kind = chunk % 4;
    const payload =
      kind === 0
        ? noise(`${name} ${chunk}`, length * blockSize)
        : kind === 1
          ? Uint8Array.of(chunk & 0xff, 0x5a, 0, 0xff)
          : new Uint8Array(0);
    const type = kind === 0 ? SparseChunkType.RAW : kind === 1 ? SparseChunkType.FILL : SparseChunkType.DONT_CARE;
    parts.push(
      SparseChunkHeader.build({
        type,
        reserved: 0,
        blocks: length,
        totalSize: SparseChunkHeader.size + payload.length,
      }),
      payload,
    );
    left -= length;
    chunk++;
  }
  const header = SparseHeader.build({
    magic: SPARSE_MAGIC,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize: SparseHeader.size,
    chunkHeaderSize: SparseChunkHeader.size,
    blockSize,
    totalBlocks: blocks,
    totalChunks: chunk,
    imageChecksum: 0,
  });
  return concat(header, ...parts);
}

const UbiHead = struct('big', {
  magic: u32,
  version: u32,
  eraseCounter: bytes(8),
  volumeHeaderOffset: u32,
  dataOffset: u32,
  imageSequence: u32,
});

/** A UBI image of whole erase blocks: each begins with the head that makes it one; volume headers are noise. */
export function ubiImage(name: string, pageSize: number, pagesPerBlock: number, length: number): Uint8Array {
  const blockSize = pageSize * pagesPerBlock;
  const image = noise(`ubi ${name}`, Math.max(1, Math.floor(length / blockSize)) * blockSize).slice();
  const head = UbiHead.build({
    magic: 0x55424923,
    version: 0x01000000,
    eraseCounter: new Uint8Array(8),
    volumeHeaderOffset: pageSize,
    dataOffset: 2 * pageSize,
    imageSequence: 1,
  });
  for (let at = 0; at < image.length; at += blockSize) image.set(head, at);
  return image;
}
