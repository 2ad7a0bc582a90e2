import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SparseWriter } from './sparse-writer.js';

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'unbrick-sparse-'));
});
afterEach(() => rm(work, { recursive: true, force: true }));

const KIB = 1024;

/** Writes the content in pieces of such lengths, again and again, and gives the bytes that the file takes on the disk. */
async function writeOut(content: Buffer, pieces: readonly number[]): Promise<{ written: Buffer; onDisk: number }> {
  const path = join(work, 'image.bin');
  const handle = await open(path, 'wx');
  const writer = new SparseWriter(handle);
  for (let at = 0, i = 0; at < content.length; i++) {
    const length = pieces[i % pieces.length] as number;
    await writer.write(content.subarray(at, at + length));
    at += length;
  }
  await writer.finish();
  await handle.sync();
  await handle.close();
  return { written: await readFile(path), onDisk: (await stat(path)).blocks * 512 };
}

/** Data at these places of a file of this length, zeros elsewhere. */
function islands(length: number, ...places: [start: number, length: number][]): Buffer {
  const content = Buffer.alloc(length);
  for (const [start, size] of places) content.fill(0xa5, start, start + size);
  return content;
}

describe('a file with holes', () => {
  const contents: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['zeros alone', Buffer.alloc(300 * KIB)],
    ['data alone', islands(300 * KIB, [0, 300 * KIB])],
    ['data at the end', islands(300 * KIB + 7, [300 * KIB, 7])],
    ['data at the beginning', islands(300 * KIB + 7, [0, 1])],
    ['islands across borders', islands(700 * KIB, [64 * KIB - 1, 2], [200 * KIB, 70 * KIB], [640 * KIB - 3, 1])],
  ];

  it.each(contents)('has the bytes that were written: %s', async (_, content) => {
    for (const pieces of [[64 * KIB], [1000, 1, 70_000], [content.length || 1]]) {
      const { written } = await writeOut(content, pieces);
      expect(written.equals(content), `pieces of ${pieces}`).toBe(true);
      await rm(join(work, 'image.bin'));
    }
  });

  // Which file systems Windows and macOS have here is not for us to say.
  it.runIf(process.platform === 'linux')('costs only its data', async () => {
    const content = islands(64 * 1024 * KIB, [0, 100 * KIB], [33 * 1024 * KIB, 100 * KIB]);
    const { onDisk } = await writeOut(content, [60_000]);
    expect(onDisk).toBeGreaterThanOrEqual(200 * KIB);
    expect(onDisk).toBeLessThan(1024 * KIB);
  });
});
