import { flash, type JobEvent, readManifest, restorePhone } from '@unbrick/core';
import type { Profile } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { practice } from '../support/mode-jobs.js';
import { agentOf, backUp, firmwareOf } from '../support/phone-backup.js';
import {
  contentOf,
  partitionBytes,
  plugIn,
  preciousOf,
  type SmallPhone,
  sameBytes,
  smallProfile,
} from '../support/small-phone.js';

const PHONES = [
  { base: 'mt6735-emmc', slots: false },
  { base: 'mt6765-emmc', slots: true },
  { base: 'mt6771-ufs', slots: true },
  { base: 'mt6833-ufs', slots: true },
  { base: 'mt6855-emmc', slots: false },
  // Before GPT: one-stage agent, PMT of version 1, of version 3.
  { base: 'mt6577-emmc', slots: false },
  { base: 'mt6582-emmc', slots: false },
  { base: 'mt6592-emmc', slots: false },
] as const;

describe.each(PHONES)('$base, two slots: $slots', ({ base, slots }) => {
  const profile = smallProfile(base, { slots });

  it('is the same phone after backup, wipe and restore', async () => {
    const small = await plugInWithPreloader(profile);
    const before = await contentOf(small.storage);
    const { folder } = await backUp(small, true);
    expect(writesSeen(small.log)).toEqual([]);
    await wipe(small);
    const events: JobEvent[] = [];
    const { outcome } = await restorePhone({
      source: small.phone.portSource(),
      emit: (event) => events.push(event),
      firmware: await firmwareOf(folder),
      agentFile: await agentOf(folder),
      folder,
    });
    await small.phone.close();
    expect(outcome, JSON.stringify(events.slice(-3))).toBe('done');
    const after = await contentOf(small.storage);
    for (const [region, bytes] of before)
      expect(sameBytes(bytes, after.get(region)), `${region} is the same`).toBe(true);
  });

  it('is the same phone when its full backup is flashed as a firmware', async () => {
    const small = await plugInWithPreloader(profile);
    const before = await contentOf(small.storage);
    const { folder } = await backUp(small, true);
    await wipe(small);
    const firmware = await firmwareOf(folder);
    expect(firmware.scatter.problems).toEqual([]);
    const events: JobEvent[] = [];
    const { outcome } = await flash({
      firmware,
      source: small.phone.portSource(),
      mode: 'format-all',
      backups: new MemoryBackupShelf(),
      emit: (event) => events.push(event),
    });
    await small.phone.close();
    expect(
      outcome,
      JSON.stringify(
        events.filter((event) => event.type === 'error' || (event.type === 'finding' && event.severity === 'blocker')),
      ),
    ).toBe('done');
    const after = await contentOf(small.storage);
    for (const { name, operation } of profile.partitions) {
      if (operation === 'BOOTLOADERS' || operation === 'RESERVED' || name === 'pgpt') continue;
      const [was, is] = [partitionBytes(before, profile, name), partitionBytes(after, profile, name)];
      expect(sameBytes(was, is), `${name} is the same`).toBe(true);
    }
    if (profile.storage.table !== 'gpt') return;
    // To the last byte: the new table takes GUIDs and attributes from the backup.
    for (const [region, bytes] of before)
      expect(sameBytes(bytes, after.get(region)), `${region} is the same`).toBe(true);
  });

  it('gets its calibration back alone, without touching anything else', async () => {
    const small = await plugIn(profile);
    const { folder } = await backUp(small, false);
    const before = await contentOf(small.storage);
    const user = profile.storage.kind === 'ufs' ? 'lu2' : 'user';
    const precious = preciousOf(profile).filter((name) => name.toLowerCase() !== 'frp');
    for (const { name, start, size } of profile.partitions) {
      if (precious.includes(name)) await small.storage.erase(user, start, size);
    }
    small.log.length = 0;
    const { outcome } = await restorePhone({
      source: small.phone.portSource(),
      emit: () => {},
      firmware: await practice(profile),
      folder,
    });
    await small.phone.close();
    expect(outcome).toBe('done');
    const after = await contentOf(small.storage);
    for (const [region, bytes] of before)
      expect(sameBytes(bytes, after.get(region)), `${region} is the same`).toBe(true);
    expect(writesSeen(small.log)).toHaveLength(precious.length);
  });
});

describe('restore', () => {
  const profile = smallProfile('mt6765-emmc');

  it('refuses the backup of another phone, and a damaged one, before anything is written', async () => {
    const one = await plugIn(profile);
    const { folder } = await backUp(one, false);
    const other = await plugIn({
      ...profile,
      bootRom: { ...profile.bootRom, meId: '00112233445566778899aabbccddeeff' },
    });
    const codes: string[] = [];
    const emit = (event: JobEvent) => {
      if (event.type === 'finding' && event.severity === 'blocker') codes.push(event.code);
      if (event.type === 'error') codes.push(event.code);
    };
    const firmware = await practice(profile);
    const refused = await restorePhone({ source: other.phone.portSource(), emit, firmware, folder });
    expect(refused.outcome).toBe('blocked');
    const file = folder.files.get('nvram.bin') as Uint8Array;
    file[0] = (file[0] as number) ^ 1;
    const damaged = await restorePhone({ source: one.phone.portSource(), emit, firmware, folder });
    expect(damaged.outcome).toBe('failed');
    expect(codes).toEqual(['RESTORE_OTHER_PHONE', 'BACKUP_DAMAGED']);
    expect([...writesSeen(one.log), ...writesSeen(other.log)]).toEqual([]);
    await one.phone.close();
    await other.phone.close();
  });

  it('lets nobody flash the backup of another phone', async () => {
    const one = await plugIn(profile);
    const { folder } = await backUp(one, true);
    await one.phone.close();
    const other = await plugIn({
      ...profile,
      bootRom: { ...profile.bootRom, meId: '00112233445566778899aabbccddeeff' },
    });
    const codes: string[] = [];
    const { outcome } = await flash({
      firmware: await firmwareOf(folder),
      source: other.phone.portSource(),
      force: ['BACKUP_OF_OTHER_PHONE'],
      emit: (event) => {
        if (event.type === 'finding' && event.severity === 'blocker') codes.push(event.code);
      },
    });
    await other.phone.close();
    expect(outcome).toBe('blocked');
    expect(codes).toEqual(['BACKUP_OF_OTHER_PHONE']);
    expect(writesSeen(other.log)).toEqual([]);
  });

  it('says in the manifest what the backup is of', async () => {
    const one = await plugIn(profile);
    const { folder } = await backUp(one, true);
    await one.phone.close();
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({ content: 'full', chip: 'MT6765', meId: profile.bootRom.meId, tableKind: 'gpt' });
    expect(manifest.partitionTable.map(({ name }) => name)).toContain('nvram');
  });
});

/** The preloader of the practice firmware has memory settings, as real ones have; what the phone is born with has none. */
async function plugInWithPreloader(profile: Profile): Promise<SmallPhone> {
  const small = await plugIn(profile);
  const { outcome } = await flash({
    firmware: await practice(profile),
    source: small.phone.portSource(),
    selection: { only: ['preloader'] },
    emit: () => {},
  });
  expect(outcome).toBe('done');
  small.log.length = 0;
  return small;
}

/** As a chip that was exchanged, but for what cannot be erased. */
async function wipe({ storage, log }: SmallPhone): Promise<void> {
  for (const [region, size] of storage.regions) {
    // Without a preloader the phone shows itself in BROM mode.
    await storage.erase(region, 0, size);
  }
  log.length = 0;
}
