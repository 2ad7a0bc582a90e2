import { flash, type JobEvent, repairTable } from '@unbrick/core';
import { expect, it } from 'vitest';
import { writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { practice } from '../support/mode-jobs.js';
import { contentOf, plugIn, sameBytes, smallProfile } from '../support/small-phone.js';

const MAIN_FROM_END = 0x100000;
const COPY = 0x1000;

it.each([
  { what: 'main copy', base: 'mt6582-emmc', at: 0, code: 'PMT_MAIN_INVALID', copy: 'primary' },
  { what: 'mirror', base: 'mt6592-emmc', at: COPY, code: 'PMT_MIRROR_INVALID', copy: 'backup' },
])('a damaged $what of a PMT is told and made whole: $base', async ({ base, at, code, copy }) => {
  const profile = smallProfile(base);
  const { phone, storage, log } = await plugIn(profile);
  const before = await contentOf(storage);
  const start = (profile.storage.regions.user ?? 0) - MAIN_FROM_END + at;
  await storage.write('user', start, new Uint8Array(512).fill(0x5a));
  const firmware = await practice(profile);
  const source = phone.portSource();
  const told: JobEvent[] = [];
  await flash({ firmware, source, dryRun: true, backups: new MemoryBackupShelf(), emit: (event) => told.push(event) });
  const finding = told.find((event) => event.type === 'finding' && event.code === code);
  expect(finding).toMatchObject({ severity: 'warning', next: [expect.stringContaining('unbrick repair-table')] });
  const backups = new MemoryBackupShelf();
  const job = { firmware, source, emit: () => {}, makeFolder: () => backups.make('phone') };
  expect(await repairTable(job)).toEqual({ outcome: 'repaired', copy });
  expect(writesSeen(log)).toEqual([`write user 0x${start.toString(16)} +${COPY}`]);
  expect(await repairTable(job)).toEqual({ outcome: 'whole' });
  const after = await contentOf(storage);
  await phone.close();
  for (const [region, bytes] of before) expect(sameBytes(bytes, after.get(region)), region).toBe(true);
});
