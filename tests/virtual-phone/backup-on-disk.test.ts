import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backUpPhone,
  type Extent,
  type JobEvent,
  MemoryFolder,
  openFirmware,
  readManifest,
  restorePhone,
} from '@unbrick/core';
import { extentsOf, practiceFirmware } from '@unbrick/phone';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBackupFolder } from '../../packages/cli/src/files/backup-folder.js';
import { DiskBackupShelf } from '../../packages/cli/src/files/backup-shelf.js';
import { openFirmwarePath } from '../../packages/cli/src/files/firmware-path.js';
import { contentOf, plugIn, type SmallPhone, sameBytes, smallProfile } from '../support/small-phone.js';

const profile = smallProfile('mt6765-emmc');
const [USERDATA] = extentsOf(profile, 'userdata') as [Extent];
const REGIONS = Object.values(profile.storage.regions).reduce((sum, size) => sum + size, 0);

let work: string;
let small: SmallPhone;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'unbrick-on-disk-'));
  small = await plugIn(profile);
  await small.storage.erase('user', USERDATA.start, USERDATA.length);
});
afterEach(async () => {
  await small.phone.close();
  await rm(work, { recursive: true, force: true });
});

async function backUp(backups: DiskBackupShelf, emit: (event: JobEvent) => void = () => {}, stop?: AbortSignal) {
  const firmware = await openFirmware(
    new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))),
  );
  const source = small.phone.portSource();
  return backUpPhone({ source, emit, firmware, backups, all: true, ...(stop ? { stop } : {}) });
}

it('a full backup costs what the phone holds, and is the phone all the same', async () => {
  const { folder: path, files } = await backUp(new DiskBackupShelf(work, join(work, 'state')));
  const sizes = await Promise.all(
    files.map(async ({ name, bytes }) => ({ bytes, file: await stat(join(path, name)) })),
  );
  for (const { bytes, file } of sizes) expect(file.size).toBe(bytes);
  if (process.platform === 'linux') {
    const whole = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    const onDisk = sizes.reduce((sum, { file }) => sum + file.blocks * 512, 0);
    expect(onDisk).toBeLessThan(whole * 0.7);
  }

  const before = await contentOf(small.storage);
  // Not the boot areas: what this phone was born with cannot start from BROM.
  await small.storage.erase('user', 0, small.storage.regions.get('user') ?? 0);
  await small.storage.write('user', USERDATA.start, new Uint8Array(USERDATA.length).fill(7));
  const events: JobEvent[] = [];
  const { outcome } = await restorePhone({
    source: small.phone.portSource(),
    emit: (event) => events.push(event),
    firmware: await openFirmwarePath(path),
    folder: await openBackupFolder(path),
  });
  expect(outcome, JSON.stringify(events.slice(-3))).toBe('done');
  for (const [region, bytes] of await contentOf(small.storage))
    expect(sameBytes(bytes, before.get(region)), `${region} is the same`).toBe(true);
});

it('one that was broken off does not look whole', async () => {
  const stop = new AbortController();
  const emit = (event: JobEvent) => {
    if (event.type === 'progress' && event.phase === 'backup' && event.partition === 'system' && event.bytes > 0)
      stop.abort(new Error('stopped by the user'));
  };
  await expect(backUp(new DiskBackupShelf(work, join(work, 'state')), emit, stop.signal)).rejects.toThrow(/stopped/);
  const path = join(work, (await readdir(work)).find((name) => name.startsWith('unbrick-backup')) as string);
  const names = await readdir(path);
  expect(names).toContain('lk.bin');
  expect(names.filter((name) => name.startsWith('system'))).toEqual(['system.bin.unfinished']);
  await expect(readManifest(await openBackupFolder(path))).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
});

it('tells when the disk may be too small, and tries', async () => {
  class LittleRoom extends DiskBackupShelf {
    override freeBytes = async () => REGIONS / 2;
  }
  const notes: string[] = [];
  await backUp(new LittleRoom(work, join(work, 'state')), (event) => {
    if (event.type === 'note' && event.phase === 'backup') notes.push(event.message);
  });
  expect(notes.join()).toMatch(/room for 0\.0 GiB.*only if enough of the phone is empty/);
});
