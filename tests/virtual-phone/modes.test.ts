import { type FlashMode, flash, type JobEvent, MemoryFolder, openFirmware, type Plan } from '@unbrick/core';
import { practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { writesPlanned, writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { contentOf, PRECIOUS, partitionBytes, plugIn, sameBytes, smallProfile } from '../support/small-phone.js';

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
      const firmware = await openFirmware(
        new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(target))),
      );
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

/** The second boot area is made from the first when the agent writes one only; the plan names both. */
function isSecondBootArea(line: string): boolean {
  return /^write (boot2|lu1) 0x0( |$)/.test(line);
}
