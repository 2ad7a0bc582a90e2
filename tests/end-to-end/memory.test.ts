import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SPARSE_MAGIC, SparseChunkHeader, SparseChunkType, SparseHeader } from '@unbrick/core/wire';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, expect, it } from 'vitest';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const PROFILE = 'mt6765-emmc';
const GIB = 2 ** 30;
const BLOCK = 4096;
const work = mkdtempSync(join(tmpdir(), 'unbrick-memory-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

it('flashes a 6 GiB sparse image with less than 250 MB of resident memory', { timeout: 180_000 }, async (context) => {
  // The peak is read from /proc, which only Linux has.
  if (!existsSync('/proc/self/status')) return context.skip('no /proc on this system');
  const profile = await loadProfile(PROFILE);
  const userdata = profile.partitions.find((partition) => partition.name === 'userdata');
  if (!userdata?.fileName) throw new Error(`${PROFILE} has no userdata image`);
  const folder = join(work, 'firmware');
  await writePracticeFirmware(profile, folder);
  const written = writeSparse(join(folder, userdata.fileName), 6 * GIB);

  const phone = await startPhone(['--profile', PROFILE, '--state', join(work, 'state')]);
  let peak = 0;
  const finished = await unbrick(
    ['flash', folder, '--only', 'userdata', '--port', phone.port, '--yes', '--json', '--no-backup'],
    {
      onStart: (child) => {
        const timer = setInterval(() => {
          const status = `/proc/${child.pid}/status`;
          if (!existsSync(status)) return clearInterval(timer);
          peak = Math.max(peak, Number(/VmHWM:\s*(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) * 1024);
        }, 50);
        child.on('close', () => clearInterval(timer));
      },
    },
  );
  await phone.stop();
  const { report } = eventsOf(finished);
  expect(finished.code, finished.stdout.slice(-2000)).toBe(0);
  expect(report.partitions[0]?.bytes).toBe(written);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(250e6);
});

/** 6 GiB of ext4-like shape: data and fills in thousands of pieces, gaps between them. Returns the bytes that are no gap. */
function writeSparse(path: string, expanded: number): number {
  const file = openSync(path, 'w');
  const groups = 768;
  const perGroup = expanded / BLOCK / groups;
  const data = (256 * 1024) / BLOCK;
  const fill = (128 * 1024) / BLOCK;
  const payload = new Uint8Array(data * BLOCK);
  writeSync(
    file,
    SparseHeader.build({
      magic: SPARSE_MAGIC,
      majorVersion: 1,
      minorVersion: 0,
      fileHeaderSize: SparseHeader.size,
      chunkHeaderSize: SparseChunkHeader.size,
      blockSize: BLOCK,
      totalBlocks: expanded / BLOCK,
      totalChunks: groups * 3,
      imageChecksum: 0,
    }),
  );
  const chunk = (type: number, blocks: number, bytes: Uint8Array) => {
    writeSync(
      file,
      SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: SparseChunkHeader.size + bytes.length }),
    );
    if (bytes.length > 0) writeSync(file, bytes);
  };
  for (let group = 0; group < groups; group++) {
    payload.fill(group & 0xff);
    chunk(SparseChunkType.RAW, data, payload);
    chunk(SparseChunkType.FILL, fill, Uint8Array.of(group & 0xff, 1, 2, 3));
    chunk(SparseChunkType.DONT_CARE, perGroup - data - fill, new Uint8Array(0));
  }
  return groups * (data + fill) * BLOCK;
}
