import {
  erasePartitions,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
  readManifest,
  restorePhone,
} from '@unbrick/core';
import { practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { practice } from '../support/mode-jobs.js';
import { backUp, firmwareOf } from '../support/phone-backup.js';
import { contentOf, nandAsRead, plugIn, sameBytes, smallNandProfile, wipeNand } from '../support/small-phone.js';

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
