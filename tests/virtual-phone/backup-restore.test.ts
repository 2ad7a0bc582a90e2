import {
  backUpPhone,
  erasePartitions,
  flash,
  type JobEvent,
  MemoryFolder,
  MemorySource,
  openFirmware,
  readManifest,
  restorePhone,
} from '@unbrick/core';
import { type Profile, practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf, type MemoryFolderBackup } from '../support/memory-shelf.js';
import {
  contentOf,
  nandAsRead,
  partitionBytes,
  plugIn,
  preciousOf,
  type SmallPhone,
  sameBytes,
  smallNandProfile,
  smallProfile,
  wipeNand,
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

describe('a NAND phone with bad blocks', () => {
  const profile = smallNandProfile();

  it.each([true, false])('is the same phone after backup, erasing and restore; all of it: %s', async (all) => {
    // Its preloader does not tell the phone's number; the boot ROM does.
    const small = await plugIn(profile, 'brom');
    const { folder } = await backUp(small, all);
    const before = await readManifest(folder);
    const source = small.phone.portSource();
    const firmware = await practice(profile);
    const erased = before.files.map((file) => file.partition).filter((name) => name !== 'PRELOADER');
    expect(erased).toEqual(expect.arrayContaining(['NVRAM', 'PRO_INFO', 'SECCFG']));
    const force = ['CALIBRATION_ERASE', 'BOOT_CHAIN_ERASE'];
    await erasePartitions({ source, emit: () => {}, firmware, names: erased, force });
    const wiped = await backUp(small, all);
    expect(wiped.folder.files.get('nvram.bin')?.every((byte) => byte === 0xff)).toBe(true);
    const events: JobEvent[] = [];
    const { outcome } = await restorePhone({ source, emit: (event) => events.push(event), firmware, folder });
    expect(outcome, JSON.stringify(events.filter((event) => event.type !== 'progress').slice(-4))).toBe('done');
    const after = await backUp(small, all);
    expect((await readManifest(after.folder)).files).toEqual(before.files);
    await small.phone.close();
  });
});

describe('a NAND phone that was wiped wholly', () => {
  const profile = smallNandProfile();

  it('is the same phone after restore, its partition table and its map of bad blocks included', async () => {
    const small = await plugIn(profile, 'brom');
    const before = await contentOf(small.storage);
    const { folder } = await backUp(small, true);
    const manifest = await readManifest(folder);
    expect(small.log.filter((entry) => entry.writes)).toEqual([]);
    await wipeNand(small);
    const events: JobEvent[] = [];
    const { outcome } = await restorePhone({
      source: small.phone.portSource(),
      emit: (event) => events.push(event),
      firmware: await practice(profile),
      folder,
    });
    expect(outcome, JSON.stringify(events.filter((event) => event.type !== 'progress').slice(-4))).toBe('done');
    const again = await readManifest((await backUp(small, true)).folder);
    expect(again.files).toEqual(manifest.files);
    expect(again.tableRecord).toEqual(manifest.tableRecord);
    expect(again.tableRecord?.entries.at(-1)?.name).toBe('BMTPOOL');
    const after = await contentOf(small.storage);
    await small.phone.close();
    expect(sameBytes(nandAsRead(before, profile), nandAsRead(after, profile)), 'the chip reads as before').toBe(true);
  });

  it('is the same phone as it reads itself when blocks wear out meanwhile', async () => {
    const { nand } = profile.storage;
    if (!nand) throw new Error('no NAND');
    // Blocks of NVRAM, BOOTIMG and USRDATA, found to be bad when they are erased or written.
    const worn = { ...profile, storage: { ...profile.storage, nand: { ...nand, wornBlocks: [5, 17, 55] } } };
    const small = await plugIn(worn, 'brom');
    const { folder } = await backUp(small, true);
    await wipeNand(small);
    const source = small.phone.portSource();
    const { outcome } = await restorePhone({ source, emit: () => {}, firmware: await practice(worn), folder });
    expect(outcome).toBe('done');
    expect((await readManifest((await backUp(small, true)).folder)).files).toEqual((await readManifest(folder)).files);
    await small.phone.close();
  });

  it('is not given its list when the agent looks for it in another place', async () => {
    const small = await plugIn(profile, 'brom');
    const { folder } = await backUp(small, true);
    await wipeNand(small);
    small.log.length = 0;
    const files = await practiceFirmware(profile);
    const name = [...files.keys()].find((each) => each.endsWith('scatter.txt')) ?? '';
    const text = new TextDecoder().decode(files.get(name)).replaceAll(/0xFFFF000c/gi, '0xFFFF0010');
    files.set(name, new TextEncoder().encode(text));
    const findings: string[] = [];
    const { outcome } = await restorePhone({
      source: small.phone.portSource(),
      emit: (event) => {
        if (event.type === 'finding' && event.severity === 'blocker') findings.push(event.code, ...event.evidence);
      },
      firmware: await openFirmware(new MemoryFolder('firmware', Object.fromEntries(files))),
      folder,
    });
    await small.phone.close();
    expect(outcome).toBe('blocked');
    expect(findings.join()).toMatch(/RESTORE_DOES_NOT_FIT.*partition table: its pool of spare blocks/);
    expect(small.log.filter((entry) => entry.writes)).toEqual([]);
  });

  it('is the same phone when its full backup is flashed as a firmware', async () => {
    const small = await plugIn(profile, 'brom');
    // As real preloaders, that of the practice firmware has memory settings.
    const { outcome: prepared } = await flash({
      firmware: await practice(profile),
      source: small.phone.portSource(),
      selection: { only: ['PRELOADER'] },
      emit: () => {},
    });
    expect(prepared).toBe('done');
    const { folder } = await backUp(small, true);
    const before = await readManifest(folder);
    await wipeNand(small);
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
    expect(outcome, JSON.stringify(events.filter((event) => event.type !== 'progress').slice(-4))).toBe('done');
    const after = await readManifest((await backUp(small, true)).folder);
    await small.phone.close();
    expect(after.files).toEqual(before.files);
    expect(after.tableRecord).toEqual(before.tableRecord);
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

async function backUp(small: SmallPhone, all: boolean): Promise<{ folder: MemoryFolderBackup }> {
  const backups = new MemoryBackupShelf();
  const source = small.phone.portSource();
  await backUpPhone({ source, emit: () => {}, firmware: await practice(small.phone.profile), backups, all });
  const [folder] = backups.folders;
  if (!folder) throw new Error('no backup was made');
  return { folder };
}

/** As a chip that was exchanged, but for what cannot be erased. */
async function wipe({ storage, log }: SmallPhone): Promise<void> {
  for (const [region, size] of storage.regions) {
    // Without a preloader the phone shows itself in BROM mode.
    await storage.erase(region, 0, size);
  }
  log.length = 0;
}

async function practice(profile: Profile) {
  return openFirmware(new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))));
}

function firmwareOf(folder: MemoryFolderBackup) {
  return openFirmware(new MemoryFolder('backup', Object.fromEntries(folder.files)));
}

async function agentOf(folder: MemoryFolderBackup): Promise<MemorySource> {
  const name = [...folder.files.keys()].find((each) => /^(MTK_|DA)/.test(each));
  return new MemorySource(name ?? '', folder.files.get(name ?? '') ?? new Uint8Array(0));
}
