import {
  type BackupManifest,
  backUpPhone,
  erasePartitions,
  type FlashJob,
  type JobEvent,
  MANIFEST_FILE,
  readPartitions,
  restorePhone,
  runPlan,
} from '@unbrick/core';
import type { Profile } from '@unbrick/phone';
import { MemoryBackupShelf, MemoryFolderBackup } from '../../support/memory-shelf.js';
import { firmwareFiles, flashOn, openFiles, type PhoneInHand, smallPhone, withPhone } from './on-the-phone.js';
import { type Scenario, type Scenarios, type Told, toldIn } from './scenario.js';

/** Backups that are used, missing, damaged or another phone's, and jobs that were not finished. */

const PROFILE = smallPhone('mt6765-emmc');
const ANOTHER: Profile = { ...PROFILE, bootRom: { ...PROFILE.bootRom, meId: '00112233445566778899aabbccddeeff' } };
const firmware = async (profile = PROFILE) => openFiles(await firmwareFiles(profile));

async function backUp(all = false, profile = PROFILE): Promise<MemoryFolderBackup> {
  const backups = new MemoryBackupShelf();
  await withPhone({ profile }, async (phone) =>
    backUpPhone({ source: phone.portSource(), emit: () => {}, firmware: await firmware(profile), backups, all }),
  );
  return backups.folders[0] as MemoryFolderBackup;
}

/** What putting a backup back tells, up to the plan. */
const restoring = (folder: MemoryFolderBackup, profile = PROFILE): Promise<Told[]> =>
  withPhone({ profile }, async (phone) => {
    const events: JobEvent[] = [];
    const emit = (event: JobEvent) => events.push(event);
    await restorePhone({ source: phone.portSource(), emit, firmware: await firmware(), folder, dryRun: true });
    return toldIn(events);
  });

function changeManifest(folder: MemoryFolderBackup, change: (manifest: BackupManifest) => void): MemoryFolderBackup {
  const manifest = JSON.parse(new TextDecoder().decode(folder.files.get(MANIFEST_FILE))) as BackupManifest;
  change(manifest);
  folder.files.set(MANIFEST_FILE, new TextEncoder().encode(JSON.stringify(manifest)));
  return folder;
}

const flashing = (given: PhoneInHand, job: Partial<FlashJob>): Promise<Told[]> =>
  withPhone(given, async (phone, profile) => (await flashOn(phone, profile, { job })).told);
const upgrading = (job: Partial<FlashJob>) =>
  flashing(
    { profile: PROFILE },
    { mode: 'upgrade', selection: {}, dryRun: true, backups: new MemoryBackupShelf(), ...job },
  );

/** An upgrade that ends half-way, and then another job on the same phone. */
const afterBrokenUpgrade =
  (change: (shelf: MemoryBackupShelf) => void, profile: Profile = PROFILE): Scenario =>
  async () => {
    const backups = new MemoryBackupShelf();
    await flashing({ profile, faults: ['write-error=system'] }, { mode: 'upgrade', selection: {}, backups });
    change(backups);
    return flashing({ profile }, { backups, dryRun: true });
  };

const UFS = smallPhone('mt6771-ufs');

/** Erasing without being asked twice. */
const erasing =
  (name: string): Scenario =>
  () =>
    withPhone({ profile: PROFILE }, async (phone) => {
      await erasePartitions({ source: phone.portSource(), emit: () => {}, firmware: await firmware(), names: [name] });
      return [];
    });

export const BACKUPS: Scenarios = {
  OWN_BACKUP: async () => restoring(await backUp()),
  RESTORE_OTHER_PHONE: async () => restoring(await backUp(), ANOTHER),
  RESTORE_DOES_NOT_FIT: async () =>
    restoring(await backUp(), {
      ...PROFILE,
      partitions: PROFILE.partitions.map((each) => (each.name === 'nvram' ? { ...each, size: each.size / 2 } : each)),
    }),
  BACKUP_UNREADABLE: () => restoring(new MemoryFolderBackup('/empty')),
  BACKUP_DAMAGED: async () => {
    const folder = await backUp();
    const nvram = folder.files.get('nvram.bin') as Uint8Array;
    nvram[0] = (nvram[0] as number) ^ 1;
    return restoring(folder);
  },
  BACKUP_OF_OTHER_PHONE: async () => {
    const files = Object.fromEntries((await backUp(true)).files);
    return withPhone({ profile: ANOTHER }, async (phone, profile) => {
      const job = { firmware: await openFiles(files), selection: {}, checkOnly: true };
      return (await flashOn(phone, profile, { job })).told;
    });
  },
  BACKUP_CHECKED: async () => upgrading({ calibration: await backUp() }),
  CALIBRATION_OF_OTHER_PHONE: async () => upgrading({ calibration: await backUp(false, ANOTHER) }),
  BACKUP_INCOMPLETE: async () =>
    upgrading({
      calibration: changeManifest(await backUp(), (manifest) => {
        manifest.files = manifest.files.filter(({ partition }) => partition !== 'nvram');
      }),
    }),
  BACKUP_FAILED: () =>
    withPhone({ profile: PROFILE }, async (phone) => {
      const full = new MemoryFolderBackup('/full');
      full.create = async () => {
        throw new Error('ENOSPC: no space left on device');
      };
      const job = { source: phone.portSource(), emit: () => {}, firmware: await firmware() };
      await readPartitions({ ...job, names: ['nvram'], makeFolder: async () => full });
      return [];
    }),
  UNFINISHED_JOB: afterBrokenUpgrade(() => {}),
  UNFINISHED_BACKUP_GONE: afterBrokenUpgrade((shelf) => shelf.folders.splice(0)),
  // The phone was met in a mode in which it did not tell its number, and UFS has none.
  UNFINISHED_JOB_UNCLEAR: afterBrokenUpgrade((shelf) => {
    for (const folder of shelf.folders) changeManifest(folder, forgetNumber);
    for (const mark of shelf.notes.values()) forgetNumber(mark);
  }, UFS),
  CALIBRATION_ERASE: erasing('nvram'),
  BOOT_CHAIN_ERASE: erasing('lk'),
  PLAN_STALE: () =>
    withPhone({ profile: PROFILE }, async (phone, profile) => {
      const { result } = await flashOn(phone, profile, { job: { dryRun: true } });
      if (!result.plan) return [];
      const record = { partitions: [], kept: [], state: { begin() {} } } as never;
      await runPlan({} as never, { ...result.plan }, record, { facts: { selected: [] }, emit: () => {} });
      return [];
    }),
};

function forgetNumber(mark: { meId?: string; socId?: string }): void {
  delete mark.meId;
  delete mark.socId;
}
