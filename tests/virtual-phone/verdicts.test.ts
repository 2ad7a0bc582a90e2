import { type FindingEvent, type FlashMode, flash, type JobEvent, MemoryFolder, openFirmware } from '@unbrick/core';
import { type Profile, practiceFirmware } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { writesSeen } from '../support/flash-trace.js';
import { MemoryBackupShelf } from '../support/memory-shelf.js';
import { plugIn, smallProfile } from '../support/small-phone.js';
import { hashFooterlessVbmeta } from '../support/vbmeta.js';

type Files = Map<string, Uint8Array>;

/** One firmware folder, what it is, and what preflight must say about it for each mode. */
interface Folder {
  name: string;
  /** Another phone that the firmware is made for; this one unless said. */
  of?: (profile: Profile) => Profile;
  /** The phone in hand, when it is not the usual one. */
  phone?: (profile: Profile) => Profile;
  spoil?: (files: Files, profile: Profile) => void;
  /** Blockers that have to be among those told. Green when there are none. */
  download: string[];
  rebuild: string[];
}

const FOLDERS: Folder[] = [
  { name: 'the right one', download: [], rebuild: [] },
  {
    name: 'one for another chip',
    of: () => smallProfile('mt6580-emmc'),
    download: ['CHIP_MISMATCH'],
    rebuild: ['CHIP_MISMATCH'],
  },
  {
    name: 'one for another storage',
    of: (profile) => ({
      ...smallProfile(profile.storage.kind === 'ufs' ? 'mt6765-emmc' : 'mt6771-ufs'),
      platform: profile.platform,
      project: profile.project,
      hwCode: profile.hwCode,
      hwSubCode: profile.hwSubCode,
      agent: profile.agent,
    }),
    spoil: (files, profile) => {
      // The practice firmware of a UFS phone is for boards with eMMC as well.
      const name = `${profile.platform}_Android_scatter.txt`;
      const text = new TextDecoder().decode(files.get(name));
      files.set(name, new TextEncoder().encode(text.replace(/- storage_type: EMMC[\s\S]*(?=- storage_type: UFS)/, '')));
    },
    download: ['STORAGE_MISMATCH'],
    rebuild: ['STORAGE_MISMATCH'],
  },
  {
    name: 'one whose image is too large',
    spoil: (files) => files.set('lk.img', new Uint8Array(128 * 1024 + 512)),
    download: ['IMAGE_TOO_LARGE'],
    rebuild: ['IMAGE_TOO_LARGE'],
  },
  {
    name: 'one that lacks an image',
    spoil: (files) => files.delete('system.img'),
    download: ['IMAGE_MISSING'],
    rebuild: ['IMAGE_MISSING'],
  },
  {
    name: 'one with a preloader of zeros',
    spoil: (files, profile) => files.set(`preloader_${profile.project}.bin`, new Uint8Array(100_000)),
    download: ['PRELOADER_ZEROED'],
    rebuild: ['PRELOADER_ZEROED'],
  },
  {
    name: 'one whose memory table does not know the phone',
    phone: (profile) => ({
      ...profile,
      storage: {
        ...profile.storage,
        id: profile.storage.kind === 'ufs' ? 'H9HQ53AECMMDAR' : '90014a484247346132a4e5d4c3b2a1f1',
      },
    }),
    download: ['MEMORY_UNKNOWN'],
    rebuild: ['MEMORY_UNKNOWN'],
  },
  {
    name: 'one with another layout',
    of: (profile) => smallProfile(profile.name.replace('small-', ''), { grown: 128 }),
    download: ['LAYOUT_DIFFERS'],
    rebuild: [],
  },
  {
    name: 'one whose layout cuts nvram off',
    of: (profile) => ({
      ...profile,
      partitions: profile.partitions.map((each) =>
        each.name === 'nvram' ? { ...each, size: each.size - 65536 } : each,
      ),
    }),
    download: [],
    rebuild: ['CALIBRATION_DOES_NOT_FIT'],
  },
  {
    name: 'one made of two versions',
    spoil: (files) => {
      const boot = files.get('boot.img') as Uint8Array;
      files.set('lk.img', hashFooterlessVbmeta('boot', boot.slice().reverse()));
    },
    of: withVbmeta,
    download: ['MIXED_SET'],
    rebuild: ['MIXED_SET'],
  },
  {
    name: 'one whose parts belong together',
    spoil: (files) => files.set('lk.img', hashFooterlessVbmeta('boot', files.get('boot.img') as Uint8Array)),
    of: withVbmeta,
    download: ['PARTITION_NOT_ON_PHONE'],
    rebuild: [],
  },
];

/** The place of `lk` is `vbmeta` in this firmware: a layout of its own, for the sake of the check. */
function withVbmeta(profile: Profile): Profile {
  return {
    ...profile,
    partitions: profile.partitions.map((each) => (each.name === 'lk' ? { ...each, name: 'vbmeta' } : each)),
  };
}

describe.each(['mt6735-emmc', 'mt6765-emmc', 'mt6771-ufs'])('a %s phone', (base) => {
  const profile = smallProfile(base);

  it.each(FOLDERS)('judges $name', async ({ of, phone, spoil, download, rebuild }) => {
    const made = of?.(profile) ?? profile;
    const files = await practiceFirmware(made);
    spoil?.(files, made);
    for (const mode of ['download', 'upgrade', 'format-all'] as FlashMode[]) {
      const { outcome, blockers, writes } = await judge(phone?.(profile) ?? profile, files, mode, false);
      const expected = mode === 'download' ? download : rebuild;
      expect(blockers, mode).toEqual(expect.arrayContaining(expected));
      expect(blockers.length > 0, `${mode}: ${blockers.join()}`).toBe(expected.length > 0);
      expect(outcome, mode).toBe(expected.length > 0 ? 'blocked' : 'done');
      if (expected.length > 0) expect(writes, 'nothing may be written').toEqual([]);
      else expect(writes.length).toBeGreaterThan(3);
      // Only looking comes to the same verdict, and never writes.
      const checked = await judge(phone?.(profile) ?? profile, files, mode, true);
      expect(checked.outcome, `check --mode ${mode}`).toBe(expected.length > 0 ? 'blocked' : 'planned');
      expect(checked.writes).toEqual([]);
    }
  });
});

describe.each(['mt6735-emmc', 'mt6765-emmc', 'mt6855-emmc'])('the battery of a %s phone', (base) => {
  const profile = smallProfile(base);

  it.each([
    ['charged', undefined, 'BATTERY_OK', '3.90 V'],
    ['nearly empty', 'battery=3410', 'BATTERY_LOW', '3.41 V'],
    ['taken out', 'battery=0', undefined, undefined],
    ['beyond belief', 'battery=12000', undefined, undefined],
    ['not told', 'battery-untold', undefined, undefined],
  ])('%s', async (_, fault, code, volts) => {
    const { phone, log } = await plugIn(profile, 'preloader', fault);
    const findings: FindingEvent[] = [];
    const emit = (event: JobEvent) => event.type === 'finding' && findings.push(event);
    const firmware = await openFirmware(
      new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile))),
    );
    const { outcome } = await flash({ firmware, source: phone.portSource(), emit, selection: { only: ['lk'] } });
    await phone.close();
    expect(outcome, 'whatever the battery, the owner decides').toBe('done');
    const told = findings.filter((finding) => finding.code.startsWith('BATTERY'));
    expect(told.map((finding) => finding.code)).toEqual(code ? [code] : []);
    if (volts) expect(told[0]?.message).toContain(volts);
    expect(writesSeen(log).length).toBeGreaterThan(0);
  });
});

async function judge(profile: Profile, files: Files, mode: FlashMode, checkOnly: boolean) {
  const { phone, log } = await plugIn(profile);
  const blockers: string[] = [];
  const emit = (event: JobEvent) => {
    if (event.type === 'finding' && event.severity === 'blocker') blockers.push(event.code);
  };
  const firmware = await openFirmware(new MemoryFolder('firmware', Object.fromEntries(files)));
  const job = { firmware, source: phone.portSource(), mode, emit, checkOnly };
  const { outcome } = await flash({ ...job, backups: new MemoryBackupShelf() });
  await phone.close();
  return { outcome, blockers, writes: writesSeen(log) };
}
