import { ascii, concat } from '@unbrick/core/wire';
import type { ProfilePartition } from '../profiles/profile.js';
import type { Noise } from './random.js';

/** Calibration content: this much at the start of the partition and a little at its very end. */
const CALIBRATION_HEAD = 256 * 1024;
const CALIBRATION_TAIL = 4096;
const IMAGE_BYTES = 16 * 1024;

/** A run of bytes in a partition; `offset` from its start. */
export interface ContentPiece {
  offset: number;
  bytes: Uint8Array;
}

/** What the factory put into a partition: calibration data, the beginning of an image, or nothing. */
export function factoryContent({ name, size, content }: ProfilePartition, noise: Noise): ContentPiece[] {
  if (content === 'random') {
    const start = { offset: 0, bytes: noise.bytes(Math.min(size, CALIBRATION_HEAD)) };
    if (size < CALIBRATION_HEAD + CALIBRATION_TAIL) return [start];
    return [start, { offset: size - CALIBRATION_TAIL, bytes: noise.bytes(CALIBRATION_TAIL) }];
  }
  if (content === 'image') {
    const label = ascii(/boot|recovery/i.test(name) ? 'ANDROID!' : `factory ${name}\0`);
    return [{ offset: 0, bytes: concat(label, noise.bytes(IMAGE_BYTES)).subarray(0, Math.min(size, IMAGE_BYTES)) }];
  }
  return [];
}
