import { type FirmwarePackage, type FlashMode, flash, type JobEvent, type Plan, readManifest } from '@unbrick/core';
import type { Profile } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { nandWritesPlanned, nandWritesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf, type MemoryFolderBackup } from '../support/memory-shelf.js';
import { blockersOf, placesOf, practice } from '../support/mode-jobs.js';
import { backUp } from '../support/phone-backup.js';
import { plugIn, sameBytes, smallNandProfile, wipeNand } from '../support/small-phone.js';

describe('a NAND phone with bad blocks', () => {
  const profile = smallNandProfile();
  const eraseBlock = profile.storage.blockSize * (profile.storage.nand?.pagesPerBlock ?? 0);

  describe.each(['upgrade', 'format-all'] as FlashMode[])('%s', (mode) => {
    it.each([
      { what: 'the layout that the phone has', grown: 0 },
      { what: 'another layout', grown: 3 },
    ])('does what it has shown and nothing else, and keeps calibration: $what', async ({ grown }) => {
      const target = smallNandProfile(grown);
      const firmware = await practice(target);
      const small = await plugIn(profile, 'brom');
      const { phone, log } = small;
      const source = phone.portSource();
      const { folder: before } = await backUp(small, true);
      const events: JobEvent[] = [];
      const job = { firmware, source, mode, emit: (event: JobEvent) => events.push(event) };
      const dry = await flash({ ...job, backups: new MemoryBackupShelf(), dryRun: true });
      expect(dry.outcome, JSON.stringify(events.at(-2))).toBe('planned');
      expect(log.filter((entry) => entry.writes)).toEqual([]);
      const shelf = new MemoryBackupShelf();
      const result = await flash({ ...job, backups: shelf });
      expect(result.outcome, JSON.stringify(events.filter((event) => event.type === 'error'))).toBe('done');
      expect(result.plan).toEqual(dry.plan);
      const seen = nandWritesSeen(log, eraseBlock);
      expect(seen).toEqual(await nandWritesPlanned(dry.plan as Plan, firmware, eraseBlock));
      expect(seen.includes('NAND_WRITE_PARTITION_TABLE')).toBe(mode === 'format-all' || grown > 0);
      await expectNandWhole(before, (await backUp(small, true, firmware)).folder, target, firmware);
      expect(shelf.notes.size).toBe(0);
      await phone.close();
    });
  });

  it('ends well when the cable is pulled at any step of a format to another layout, and all is repeated', async () => {
    const target = smallNandProfile(3);
    const firmware = await practice(target);
    const born = await plugIn(profile, 'brom');
    const { folder: before } = await backUp(born, false);
    await born.phone.close();
    let broken = 0;
    for (let lines = 1; ; lines++) {
      const first = await plugIn(profile, 'brom');
      const shelf = new MemoryBackupShelf();
      let pulled: Promise<void> | undefined;
      shelf.onLine = (count) => {
        if (count === lines) pulled = first.phone.close();
      };
      const job = { firmware, mode: 'format-all' as const, backups: shelf, emit: () => {} };
      const { outcome } = await flash({ ...job, source: first.phone.portSource() });
      await (pulled ?? first.phone.close());
      if (!pulled) {
        expect(broken, 'steps at which the job was broken off').toBeGreaterThan(10);
        break;
      }
      if (outcome === 'failed') broken++;
      const again = await plugIn(profile, 'brom', undefined, first.storage);
      const source = again.phone.portSource();
      const whole = outcome === 'done' ? outcome : (await flash({ ...job, source })).outcome;
      expect(whole, `pulled at line ${lines}`).toBe('done');
      await expectNandKept(before, (await backUp(again, false, firmware)).folder, target);
      await again.phone.close();
    }
  }, 60_000);

  it('is given no layout that does not fit its erase blocks or reaches into its list', async () => {
    const crooked = smallNandProfile(1);
    const boot = crooked.partitions.find(({ name }) => name === 'BOOTIMG');
    if (boot) boot.size -= profile.storage.blockSize;
    expect(await blockersOf(await plugIn(profile), await practice(crooked))).toContain('LAYOUT_IMPOSSIBLE');
    const long = smallNandProfile(1);
    const last = long.partitions.find(({ name }) => name === 'USRDATA');
    if (last) last.size += eraseBlock;
    expect(await blockersOf(await plugIn(profile), await practice(long))).toContain('LAYOUT_IMPOSSIBLE');
  });

  it('gets everything back on a chip that was wiped wholly, from a backup of its calibration', async () => {
    const firmware = await practice(profile);
    const small = await plugIn(profile, 'brom');
    const source = small.phone.portSource();
    const { folder: before } = await backUp(small, true);
    const { folder: calibration } = await backUp(small, false);
    await wipeNand(small);
    const events: JobEvent[] = [];
    const { outcome, plan } = await flash({
      firmware,
      source,
      mode: 'format-all',
      calibration,
      backups: new MemoryBackupShelf(),
      emit: (event) => events.push(event),
    });
    expect(outcome, JSON.stringify(events.filter((event) => event.type !== 'progress').slice(-4))).toBe('done');
    expect(plan?.steps[0]?.kind).toBe('map-bad-blocks');
    await expectNandWhole(before, (await backUp(small, true)).folder, profile, firmware);
    await small.phone.close();
  });
});

/** The list is the firmware's, and what is precious is what it was. */
async function expectNandKept(before: MemoryFolderBackup, after: MemoryFolderBackup, target: Profile): Promise<void> {
  const manifest = await readManifest(after);
  expect(manifest.partitionTable.map(({ name, start, length }) => `${name} ${start} +${length}`)).toEqual([
    `PRELOADER 0 +${target.partitions[0]?.size}`,
    ...placesOf(target),
  ]);
  for (const name of ['PRO_INFO', 'NVRAM', 'PROTECT_F', 'PROTECT_S', 'SECCFG']) {
    const [was, is] = [before, after].map(({ files }) => files.get(`${name.toLowerCase()}.bin`));
    expect(sameBytes(was as Uint8Array, is), `${name} is what it was`).toBe(true);
    expect(was?.some((byte) => byte !== 0xff)).toBe(true);
  }
}

/** Each image lies in its place, too. */
async function expectNandWhole(
  before: MemoryFolderBackup,
  after: MemoryFolderBackup,
  target: Profile,
  firmware: FirmwarePackage,
): Promise<void> {
  await expectNandKept(before, after, target);
  for (const { name, operation, fileName } of target.partitions) {
    if (operation === 'BOOTLOADERS' || !fileName) continue;
    const source = await firmware.folder.open(fileName);
    const image = await source.read(0, source.size);
    const is = after.files.get(`${name.toLowerCase()}.bin`);
    expect(sameBytes(image, is?.subarray(0, image.length)), `${name} holds its image`).toBe(true);
  }
}
