import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupFolder } from '@unbrick/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeBackupFolder } from './backup-folder.js';

let work: string;
let folder: BackupFolder;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'unbrick-folder-'));
  folder = await makeBackupFolder(work, 'MT6765');
});
afterEach(() => rm(work, { recursive: true, force: true }));

const DATA = Buffer.from('calibration');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a file of a backup', () => {
  it('is as long as what was written, and its sum is that of the file, zeros included', async () => {
    const file = await folder.create('userdata.bin');
    await file.write(DATA);
    await file.write(Buffer.alloc(1_000_000));
    const whole = Buffer.concat([DATA, Buffer.alloc(1_000_000)]);
    expect(await file.finish()).toEqual({ sha256: sha256(whole) });
    expect((await stat(join(folder.path, 'userdata.bin'))).size).toBe(whole.length);
    const source = await folder.open('userdata.bin');
    expect(Buffer.from(await source.read(0, whole.length)).equals(whole)).toBe(true);
  });

  it('does not look whole before it is, and never when it was given up', async () => {
    const file = await folder.create('nvram.bin');
    await file.write(DATA);
    // What a killed program leaves.
    expect(await readdir(folder.path)).toEqual(['nvram.bin.unfinished']);
    await file.abandon();
    expect(await readdir(folder.path)).toEqual(['nvram.bin.unfinished']);
  });

  it('is never written over', async () => {
    await writeFile(join(folder.path, 'nvram.bin'), DATA);
    await expect(folder.create('nvram.bin')).rejects.toThrow(/already/);
    const first = await folder.create('nvdata.bin');
    await expect(folder.create('nvdata.bin')).rejects.toMatchObject({ code: 'EEXIST' });
    await first.abandon();
  });
});
