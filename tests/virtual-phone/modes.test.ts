import {
  backUpPhone,
  type FirmwarePackage,
  type FlashMode,
  findPartitionTable,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
  type Plan,
  type PortSource,
  type Region,
  readManifest,
} from '@unbrick/core';
import { type Profile, practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { nandWritesPlanned, nandWritesSeen, writesPlanned, writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf, type MemoryFolderBackup } from '../support/memory-shelf.js';
import {
  contentOf,
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
  { base: 'mt6735-emmc', agent: 'legacy', slots: false },
  { base: 'mt6765-emmc', agent: 'xflash', slots: true },
  { base: 'mt6771-ufs', agent: 'xflash', slots: false },
  { base: 'mt6833-ufs', agent: 'xml', slots: true },
  { base: 'mt6855-emmc', agent: 'xml', slots: false },
  // Before GPT: PMT of the first and the third version, MBR and EBR.
  { base: 'mt6577-emmc', agent: 'legacy', slots: false },
  { base: 'mt6582-emmc', agent: 'legacy', slots: false },
  { base: 'mt6592-emmc', agent: 'legacy', slots: false },
] as const;

describe.each(PHONES)('$base', ({ base, agent, slots }) => {
  describe.each(['upgrade', 'format-all'] as FlashMode[])('%s', (mode) => {
    it.each([
      { what: 'the layout that the phone has', grown: 0 },
      { what: 'another layout', grown: 128 },
    ])('does what it has shown and nothing else, and keeps calibration: $what', async ({ grown }) => {
      const profile = smallProfile(base, { slots });
      const target = smallProfile(base, { slots, grown });
      const firmware = await practice(target);
      const { phone, storage, log } = await plugIn(profile);
      const before = await contentOf(storage);
      let shown: Plan | undefined;
      const events: JobEvent[] = [];
      const job = { firmware, source: phone.portSource(), mode, emit: (event: JobEvent) => events.push(event) };

      const dry = await flash({ ...job, backups: new MemoryBackupShelf(), dryRun: true });
      expect(dry.outcome, JSON.stringify(events.at(-2))).toBe('planned');
      expect(writesSeen(log)).toEqual([]);

      const confirm = async (plan: Plan) => {
        shown = plan;
        return true;
      };
      const shelf = new MemoryBackupShelf();
      const result = await flash({ ...job, backups: shelf, confirm });
      await phone.close();
      expect(result.outcome, JSON.stringify(events.filter((event) => event.type === 'error'))).toBe('done');
      expect(result.plan).toEqual(dry.plan);
      expect(shown).toEqual(dry.plan);
      const seen = writesSeen(log).filter((line) => !isSecondBootArea(line));
      expect(seen).toEqual(await writesPlanned(dry.plan as Plan, firmware, agent));

      const after = await contentOf(storage);
      expect(preciousOf(profile).length).toBeGreaterThan(5);
      for (const name of preciousOf(profile)) {
        const [was, is] = [partitionBytes(before, profile, name), partitionBytes(after, target, name)];
        expect(sameBytes(was, is), `${name} is what it was`).toBe(true);
        expect(
          was.some((byte) => byte !== 0),
          `${name} had content`,
        ).toBe(true);
      }
      // Scratch areas are emptied, and what an upgrade does not know stays.
      const named = (wanted: RegExp) => profile.partitions.find(({ name }) => wanted.test(name))?.name ?? '';
      expect(partitionBytes(after, target, named(/^(para|misc)$/i)).every((byte) => byte === 0)).toBe(true);
      const notes = named(/^vendorlog$/i);
      expect(sameBytes(partitionBytes(before, profile, notes), partitionBytes(after, target, notes))).toBe(
        mode === 'upgrade',
      );
      expect(await tableOnPhone(after, target)).toEqual(placesOf(target));
      expect(shelf.notes.size).toBe(0);
    });
  });
});

describe('a phone before GPT', () => {
  const profile = smallProfile('mt6582-emmc');

  it('is not given the table of another age, nor one in a form that nobody knows', async () => {
    const gpt = smallProfile('mt6735-emmc', { grown: 128 });
    const { hwCode, platform, agent, preloader, bootRom } = profile;
    const newer = { ...gpt, hwCode, platform, agent, preloader, bootRom };
    const one = await plugIn(profile);
    expect(await blockersOf(one, await practice(newer))).toContain('LAYOUT_CHANGE_UNSUPPORTED');
    // A chip without any table: calibration cannot be found, and the form of the list is unknown.
    const blank = await plugIn(profile);
    for (const [region, size] of blank.storage.regions) await blank.storage.erase(region, 0, size);
    blank.log.length = 0;
    expect(await blockersOf(blank, await practice(profile), ['NO_PARTITION_TABLE'])).toEqual([
      'LAYOUT_CHANGE_UNSUPPORTED',
    ]);
  });

  it('is told when boot records and layout do not go together', async () => {
    const grown = await practiceFirmware(smallProfile('mt6582-emmc', { grown: 128 }));
    const usual = await practiceFirmware(profile);
    const told = async (mbr: Uint8Array | undefined) => {
      const files = new Map(grown).set('MBR', mbr ?? new Uint8Array(0));
      const codes: string[] = [];
      const { phone } = await plugIn(profile);
      const { outcome } = await flash({
        firmware: await openFirmware(new MemoryFolder('firmware', Object.fromEntries(files))),
        source: phone.portSource(),
        mode: 'upgrade',
        dryRun: true,
        backups: new MemoryBackupShelf(),
        emit: (event) => {
          if (event.type === 'finding') codes.push(event.code);
        },
      });
      await phone.close();
      expect(outcome).toBe('planned');
      return codes;
    };
    expect(await told(grown.get('MBR'))).not.toContain('BOOT_RECORD_DIFFERS');
    expect(await told(usual.get('MBR'))).toContain('BOOT_RECORD_DIFFERS');
  });

  it('is not given another layout without the boot records that go with it', async () => {
    const files = await practiceFirmware(smallProfile('mt6582-emmc', { grown: 128 }));
    const text = (name: string) => new TextDecoder().decode(files.get(name));
    const scatter = [...files.keys()].find((name) => name.endsWith('scatter.txt')) ?? '';
    const without = text(scatter).replace(
      /file_name: EBR1\n {2}is_download: true/,
      'file_name: NONE\n  is_download: false',
    );
    expect(without).not.toBe(text(scatter));
    files.set(scatter, new TextEncoder().encode(without));
    const firmware = await openFirmware(new MemoryFolder('firmware', Object.fromEntries(files)));
    expect(await blockersOf(await plugIn(profile), firmware)).toEqual(['BOOT_RECORD_MISSING']);
  });
});

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
      const { phone, log } = await plugIn(profile, 'brom');
      const source = phone.portSource();
      const before = await backupOf(source, firmware, true);
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
      await expectNandWhole(before, await backupOf(source, firmware, true), target, firmware);
      expect(shelf.notes.size).toBe(0);
      await phone.close();
    });
  });

  it('ends well when the cable is pulled at any step of a format to another layout, and all is repeated', async () => {
    const target = smallNandProfile(3);
    const firmware = await practice(target);
    const born = await plugIn(profile, 'brom');
    const before = await backupOf(born.phone.portSource(), firmware);
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
      await expectNandKept(before, await backupOf(source, firmware), target);
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
    const before = await backupOf(source, firmware, true);
    const calibration = await backupOf(source, firmware);
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
    await expectNandWhole(before, await backupOf(source, firmware, true), profile, firmware);
    await small.phone.close();
  });
});

/** @param all else calibration only */
async function backupOf(source: PortSource, firmware: FirmwarePackage, all = false): Promise<MemoryFolderBackup> {
  const backups = new MemoryBackupShelf();
  await backUpPhone({ source, firmware, backups, emit: () => {}, all });
  return backups.folders[0] as MemoryFolderBackup;
}

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

/** What stops a format; nothing may have been written then. */
async function blockersOf(small: SmallPhone, firmware: FirmwarePackage, force: string[] = []): Promise<string[]> {
  const codes: string[] = [];
  const { outcome } = await flash({
    firmware,
    source: small.phone.portSource(),
    mode: 'format-all',
    force,
    backups: new MemoryBackupShelf(),
    emit: (event) => {
      if (event.type === 'finding' && event.severity === 'blocker') codes.push(event.code);
    },
  });
  await small.phone.close();
  expect(outcome).toBe('blocked');
  expect(writesSeen(small.log)).toEqual([]);
  return codes;
}

async function tableOnPhone(content: Map<Region, Uint8Array>, profile: Profile): Promise<string[]> {
  const region = profile.storage.kind === 'ufs' ? 'lu2' : 'user';
  const bytes = content.get(region) as Uint8Array;
  const read = async (start: number, length: number) => bytes.slice(start, start + length);
  const { table, problems } = await findPartitionTable(read, bytes.length, profile.storage.blockSize);
  expect(problems).toEqual([]);
  return table.partitions.map(({ name, start, length }) => `${name} ${start} +${length}`);
}

/** What the table has to say, with the names that lie in it. */
function placesOf({ partitions }: Profile): string[] {
  return partitions
    .filter(({ name, operation }) => operation !== 'BOOTLOADERS' && !/^(pgpt|sgpt|bmtpool)$/i.test(name))
    .map(({ name, start, size }) => `${name} ${start} +${size}`);
}

async function practice(profile: Profile) {
  return openFirmware(new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))));
}

/** The second boot area is made from the first when the agent writes one only; the plan names both. */
function isSecondBootArea(line: string): boolean {
  return /^write (boot2|lu1) 0x0( |$)/.test(line);
}
