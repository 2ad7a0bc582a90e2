import { type FlashMode, flash, type JobEvent, MemoryFolder, openFirmware, type Plan } from '@unbrick/core';
import { type Profile, practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { writesPlanned, writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import {
  contentOf,
  PRECIOUS,
  partitionBytes,
  plugIn,
  sameBytes,
  smallNandProfile,
  smallProfile,
} from '../support/small-phone.js';

const PHONES = [
  { base: 'mt6735-emmc', agent: 'legacy', slots: false },
  { base: 'mt6765-emmc', agent: 'xflash', slots: true },
  { base: 'mt6771-ufs', agent: 'xflash', slots: false },
  { base: 'mt6833-ufs', agent: 'xml', slots: true },
  { base: 'mt6855-emmc', agent: 'xml', slots: false },
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
      for (const name of PRECIOUS) {
        const [was, is] = [partitionBytes(before, profile, name), partitionBytes(after, target, name)];
        expect(sameBytes(was, is), `${name} is what it was`).toBe(true);
        expect(
          was.some((byte) => byte !== 0),
          `${name} had content`,
        ).toBe(true);
      }
      // Scratch areas are emptied, and what an upgrade does not know stays.
      expect(partitionBytes(after, target, 'para').every((byte) => byte === 0)).toBe(true);
      const kept = sameBytes(partitionBytes(before, profile, 'vendorlog'), partitionBytes(after, target, 'vendorlog'));
      expect(kept).toBe(mode === 'upgrade');
      expect(shelf.notes.size).toBe(0);
    });
  });
});

describe('a phone before GPT', () => {
  const profile = smallProfile('mt6582-emmc');

  it.each(['upgrade', 'format-all'] as FlashMode[])('%s keeps calibration and the partition list', async (mode) => {
    const firmware = await practice(profile);
    const { phone, storage, log } = await plugIn(profile);
    const before = await contentOf(storage);
    const { outcome, plan } = await flash({
      firmware,
      source: phone.portSource(),
      mode,
      backups: new MemoryBackupShelf(),
      emit: () => {},
    });
    await phone.close();
    expect(outcome).toBe('done');
    expect(writesSeen(log)).toEqual(await writesPlanned(plan as Plan, firmware, 'legacy'));
    const after = await contentOf(storage);
    for (const name of PRECIOUS) {
      const [was, is] = [partitionBytes(before, profile, name), partitionBytes(after, profile, name)];
      expect(sameBytes(was, is), `${name} is what it was`).toBe(true);
    }
    const list = (content: typeof before) => content.get('user')?.subarray(-0x100000);
    expect(sameBytes(list(before), list(after))).toBe(true);
  });

  it('is not given another layout', async () => {
    const codes: string[] = [];
    const { phone, log } = await plugIn(profile);
    const { outcome } = await flash({
      firmware: await practice(smallProfile('mt6582-emmc', { grown: 128 })),
      source: phone.portSource(),
      mode: 'format-all',
      backups: new MemoryBackupShelf(),
      emit: (event) => {
        if (event.type === 'finding' && event.severity === 'blocker') codes.push(event.code);
      },
    });
    await phone.close();
    expect(outcome).toBe('blocked');
    expect(codes).toEqual(['LAYOUT_CHANGE_UNSUPPORTED']);
    expect(writesSeen(log)).toEqual([]);
  });
});

describe('a NAND phone', () => {
  it('is only flashed partition by partition', async () => {
    const profile = smallNandProfile();
    const codes: string[] = [];
    const { phone, log } = await plugIn(profile);
    const { outcome } = await flash({
      firmware: await practice(profile),
      source: phone.portSource(),
      mode: 'format-all',
      backups: new MemoryBackupShelf(),
      emit: (event) => {
        if (event.type === 'finding' && event.severity === 'blocker') codes.push(event.code);
      },
    });
    await phone.close();
    expect(outcome).toBe('blocked');
    expect(codes).toEqual(['MODE_UNSUPPORTED']);
    expect(log.filter((entry) => entry.writes)).toEqual([]);
  });
});

async function practice(profile: Profile) {
  return openFirmware(new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))));
}

/** The second boot area is made from the first when the agent writes one only; the plan names both. */
function isSecondBootArea(line: string): boolean {
  return /^write (boot2|lu1) 0x0( |$)/.test(line);
}
