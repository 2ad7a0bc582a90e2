import {
  type FlashMode,
  findPartitionTable,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
  type Plan,
  type Region,
} from '@unbrick/core';
import { type Profile, practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { writesPlanned, writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { blockersOf, placesOf, practice } from '../support/mode-jobs.js';
import { contentOf, partitionBytes, plugIn, preciousOf, sameBytes, smallProfile } from '../support/small-phone.js';

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
      if (profile.storage.table === 'pmt') {
        const reserve = [before, after].map((content) =>
          partitionBytes(content, profile, 'BMTPOOL').subarray(0, 0x40000),
        );
        expect(sameBytes(reserve[0] as Uint8Array, reserve[1])).toBe(true);
      }
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

async function tableOnPhone(content: Map<Region, Uint8Array>, profile: Profile): Promise<string[]> {
  const region = profile.storage.kind === 'ufs' ? 'lu2' : 'user';
  const bytes = content.get(region) as Uint8Array;
  const read = async (start: number, length: number) => bytes.slice(start, start + length);
  const { table, problems } = await findPartitionTable(read, bytes.length, profile.storage.blockSize);
  expect(problems).toEqual([]);
  return table.partitions.map(({ name, start, length }) => `${name} ${start} +${length}`);
}

/** The second boot area is made from the first when the agent writes one only; the plan names both. */
function isSecondBootArea(line: string): boolean {
  return /^write (boot2|lu1) 0x0( |$)/.test(line);
}
