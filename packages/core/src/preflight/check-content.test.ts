import { describe, expect, test } from 'vitest';
import type { ImageFact } from '../firmware/firmware-facts.js';
import { openImage } from '../firmware/image.js';
import type { ScatterPartition } from '../firmware/scatter/scatter.js';
import { MemorySource } from '../firmware/source.js';
import { ascii, concat } from '../wire/index.js';
import { checkContent } from './check-content.js';

async function codes(partition: string, bytes: Uint8Array): Promise<string[]> {
  const image = await openImage(new MemorySource('x.img', bytes));
  const fact: ImageFact = { partition: { name: partition } as ScatterPartition, path: 'x.img', image };
  return checkContent(fact).map((finding) => `${finding.severity} ${finding.code}`);
}

describe('an image against the partition it is meant for', () => {
  test.each<[string, string, Uint8Array, string[]]>([
    ['noise', 'boot', new Uint8Array(5000).fill(7), []],
    [
      'a file system for boot',
      'boot',
      concat(new Uint8Array(0x438), Uint8Array.of(0x53, 0xef), new Uint8Array(3000)),
      ['warning IMAGE_UNEXPECTED'],
    ],
    ['a web page', 'logo', ascii('<!doctype html>'), ['blocker IMAGE_UNEXPECTED']],
    ['a boot image that is cut off', 'boot', ascii('ANDROID!'), ['warning IMAGE_DAMAGED']],
  ])('%s', async (_what, partition, bytes, expected) => {
    expect(await codes(partition, bytes)).toEqual(expected);
  });

  test('nothing is said of an image that is not there', () => {
    expect(checkContent({ partition: { name: 'boot' } as ScatterPartition })).toEqual([]);
  });
});
