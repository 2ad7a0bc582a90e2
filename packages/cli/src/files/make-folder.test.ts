import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFolder } from './make-folder.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'unbrick-folder-'));
});
afterAll(() => rm(root, { recursive: true }));

it('makes what is missing, and leaves what is there', async () => {
  await makeFolder(join(root, 'a', 'b', 'c'));
  await makeFolder(join(root, 'a', 'b'));
  expect(await readdir(join(root, 'a', 'b'))).toEqual(['c']);
});

it('fails where a file stands in the way', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file', 'a'))).rejects.toThrow(/ENOTDIR|ENOENT|EEXIST/);
  await expect(makeFolder(join(root, 'file'))).rejects.toThrow('EEXIST');
});

it.runIf(process.platform === 'linux')('comes to an end where nothing can be made', async () => {
  await expect(makeFolder('/proc/unbrick/backups')).rejects.toThrow('ENOENT');
});
