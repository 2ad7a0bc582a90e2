import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openTraceFile, traceLine } from './trace-file.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('traceLine', () => {
  it('has seconds, direction and bytes', () => {
    expect(traceLine(0.0123, 'to-phone', Uint8Array.of(0xa0))).toBe('   0.0123 H>D a0');
    expect(traceLine(12.5, 'from-phone', Uint8Array.of(0x5f, 0x00))).toBe('  12.5000 D>H 5f 00');
  });

  it('cuts long transfers after 64 bytes and tells their length', () => {
    const whole = traceLine(0, 'to-phone', new Uint8Array(64));
    expect(whole).toMatch(/^ {3}0\.0000 H>D( 00){64}$/);
    expect(traceLine(0, 'to-phone', new Uint8Array(65_536))).toBe(`${whole} ... 65536 bytes`);
  });
});

describe('openTraceFile', () => {
  it('keeps every transfer in order and is complete once closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    folders.push(folder);
    const path = join(folder, 'link.txt');
    const trace = await openTraceFile(path, () => {});
    for (let i = 0; i < 1000; i++) trace.sink(i % 2 ? 'from-phone' : 'to-phone', Uint8Array.of(i & 0xff, i >> 8));
    await trace.close();
    await trace.close();
    trace.sink('to-phone', Uint8Array.of(1));
    const lines = readFileSync(path, 'latin1').trimEnd().split('\n');
    expect(lines).toHaveLength(1000);
    expect(lines[999]).toMatch(/^ +\d+\.\d{4} D>H e7 03$/);
  });

  it.runIf(process.platform === 'linux')('ends when the disk is full, and lets the link go on', async () => {
    const notes: string[] = [];
    const trace = await openTraceFile('/dev/full', (message) => notes.push(message));
    for (let i = 0; i < 2000; i++) trace.sink('to-phone', new Uint8Array(64));
    await trace.close();
    expect(notes).toEqual([expect.stringContaining('ENOSPC')]);
  });

  it('explains why it cannot be written', async () => {
    await expect(openTraceFile('/nonexistent/trace.txt', () => {})).rejects.toMatchObject({
      code: 'TRACE_FAILED',
      stage: 'usage',
    });
  });
});
