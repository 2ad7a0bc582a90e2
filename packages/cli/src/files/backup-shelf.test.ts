import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JOURNAL_FILE, type PhoneMark } from '@unbrick/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseBackupFolder } from './backup-folder.js';
import { DiskBackupShelf } from './backup-shelf.js';
import { stateDir } from './state-dir.js';

const PHONE: PhoneMark = { hwCode: 0x766, meId: '01', storageKind: 'emmc', storageId: '15' };
let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'unbrick-shelf-'));
});
afterEach(() => rm(work, { recursive: true, force: true }));

const shelf = (parent: string) => new DiskBackupShelf(join(work, parent), join(work, 'state'));

describe('backups on disk', () => {
  it('are found by a note, whatever folder the next command names', async () => {
    const folder = await shelf('one').make('MT6765');
    expect(await shelf('one').begun()).toEqual([]);
    await shelf('one').begin(folder.path, PHONE);
    const [begun, ...others] = await shelf('two').begun();
    expect(others).toEqual([]);
    expect(begun).toMatchObject({ path: folder.path, phone: PHONE });
    expect(begun?.folder?.path).toBe(folder.path);
    await shelf('two').finish(folder.path);
    expect(await shelf('one').begun()).toEqual([]);
  });

  it('are missed when they are gone', async () => {
    const folder = await shelf('one').make('MT6765');
    await shelf('one').begin(folder.path, PHONE);
    await rename(folder.path, join(work, 'moved'));
    expect(await shelf('one').begun()).toEqual([{ path: folder.path, phone: PHONE }]);
  });

  it('are found by their journals when the note was lost', async () => {
    const folder = await shelf('one').make('MT6765');
    await shelf('one').make('MT6765');
    await folder.appendLine(JOURNAL_FILE, '{}');
    expect((await shelf('one').begun()).map((each) => each.path)).toEqual([folder.path]);
  });

  it('are never written over, and begin a new line after one that was cut off', async () => {
    const folder = await shelf('one').make('MT6765');
    await (await folder.create('a.bin')).finish();
    await expect(folder.create('a.bin')).rejects.toThrow(/already/);
    await folder.writeText('t', 'half a li');
    await expect(folder.writeText('t', 'x')).rejects.toMatchObject({ code: 'EEXIST' });
    await folder.appendLine('t', 'whole');
    expect((await folder.readText('t'))?.split('\n')).toContain('whole');
  });

  it('are named by their folder or the one they are in, when that is clear', async () => {
    const one = await shelf('one').make('MT6765');
    await one.writeText('manifest.json', '{}');
    expect((await chooseBackupFolder(join(work, 'one'))).path).toBe(one.path);
    expect((await chooseBackupFolder(one.path)).path).toBe(one.path);
    const two = await shelf('one').make('MT6765');
    await two.writeText('manifest.json', '{}');
    await expect(chooseBackupFolder(join(work, 'one'))).rejects.toMatchObject({ code: 'BACKUP_AMBIGUOUS' });
    await expect(chooseBackupFolder(join(work, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });
});

describe('the state folder', () => {
  it.each([
    { env: { UNBRICK_STATE_DIR: '/s' }, platform: 'linux' as const, dir: '/s' },
    { env: {}, platform: 'linux' as const, dir: join('/home/u', '.local', 'state', 'unbrick') },
    { env: { XDG_STATE_HOME: '/x' }, platform: 'linux' as const, dir: join('/x', 'unbrick') },
    { env: {}, platform: 'darwin' as const, dir: join('/home/u', 'Library', 'Application Support', 'unbrick') },
    { env: { LOCALAPPDATA: '/l' }, platform: 'win32' as const, dir: join('/l', 'unbrick') },
  ])('$platform $env', ({ env, platform, dir }) => expect(stateDir(env, platform, '/home/u')).toBe(dir));
});
