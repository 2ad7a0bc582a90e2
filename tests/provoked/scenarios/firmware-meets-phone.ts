import type { FlashMode } from '@unbrick/core';
import type { Profile } from '@unbrick/phone';
import { gptScatter, partitionText } from '../../../packages/core/src/firmware/scatter/scatter-text.fixture.js';
import { smallProfile } from '../../support/small-phone.js';
import { hashFooterlessVbmeta } from '../../support/vbmeta.js';
import { lookedAt } from './looking-at-files.js';
import { type FirmwareInHand, firmwareFiles, flashing, type PhoneInHand, smallPhone } from './on-the-phone.js';
import type { Scenario, Scenarios } from './scenario.js';

/** What preflight finds between a firmware and the phone in hand. Nothing is written. */

type Files = Record<string, Uint8Array>;

const checking = (given: PhoneInHand & FirmwareInHand = {}): Scenario =>
  flashing({ ...given, job: { checkOnly: true, ...given.job } });
/** With every image that the firmware ticks. */
const whole = (given: PhoneInHand & FirmwareInHand, mode: FlashMode = 'download') =>
  checking({ ...given, job: { selection: {}, mode } });
const rebuilding = (given: PhoneInHand & FirmwareInHand = {}) => whole(given, 'upgrade');

/** A firmware and a phone that fit; one look tells all that is said of them. */
const fitting: Scenario = () => {
  fits ??= checking()();
  return fits;
};
let fits: ReturnType<Scenario> | undefined;

const small = smallPhone('mt6735-emmc');
/** The same phone with its partitions moved. */
const GROWN = smallProfile('mt6735-emmc', { grown: 128 });
/** A phone before GPT, and one with its partitions moved. */
const OLD = smallPhone('mt6582-emmc');
const OLD_GROWN = smallProfile('mt6582-emmc', { grown: 128 });
const bootRomWith = (targetConfig: number): Profile => ({ ...small, bootRom: { ...small.bootRom, targetConfig } });

const without = (name: string) => (profile: Profile) => ({
  ...profile,
  partitions: profile.partitions.filter((each) => each.name !== name),
});
const changed = (name: string, change: (partition: Profile['partitions'][number]) => object) => (profile: Profile) => ({
  ...profile,
  partitions: profile.partitions.map((each) => (each.name === name ? { ...each, ...change(each) } : each)),
});
/** In this firmware `vbmeta` lies where the phone has `lk`. */
const withVbmeta = changed('lk', () => ({ name: 'vbmeta' }));

function inScatter(files: Files, change: (text: string) => string): void {
  const name = Object.keys(files).find((each) => /scatter/.test(each)) as string;
  files[name] = new TextEncoder().encode(change(new TextDecoder().decode(files[name])));
}

/** A firmware for a phone like this one with UFS. */
const UFS_FIRMWARE: FirmwareInHand = {
  of: (profile) => ({
    ...smallProfile('mt6771-ufs'),
    platform: profile.platform,
    project: profile.project,
    hwCode: profile.hwCode,
    agent: profile.agent,
  }),
  spoilFiles: (files) =>
    inScatter(files, (text) => text.replace(/- storage_type: EMMC[\s\S]*(?=- storage_type: UFS)/, '')),
};

/** All its memory settings are for boards with separate memory chips. */
function onlyDiscreteMemory(files: Files, profile: Profile): void {
  const name = `preloader_${profile.project}.bin`;
  const preloader = (files[name] as Uint8Array).slice();
  files[name] = preloader;
  const found = Buffer.from(preloader.buffer, preloader.byteOffset, preloader.length);
  for (let at = found.indexOf('MTK_BLOADER_INFO') + 0x70; at < preloader.length - 4; at++) {
    if (
      (preloader[at] as number) < 0x10 &&
      preloader[at + 1] === 2 &&
      preloader[at + 2] === 0 &&
      preloader[at + 3] === 0
    ) {
      preloader[at + 1] = 0;
    }
  }
}

export const FIRMWARE_MEETS_PHONE: Scenarios = {
  CHIP_MATCHES: fitting,
  CHIP_MISMATCH: checking({ of: () => smallPhone('mt6580-emmc') }),
  CHIP_VARIANT: checking({ spoilFiles: (files) => inScatter(files, (text) => text.replaceAll('MT6735', 'MT6735X')) }),
  CHIP_UNKNOWN: checking({ profile: { ...small, hwCode: 0x9999 }, of: () => small }),
  AGENT_GENERATION_UNSUPPORTED: checking({ profile: { ...small, hwCode: 0x9999 }, of: () => small }),
  AGENT_CHOSEN: fitting,
  AGENT_MISSING: checking({ spoilFiles: (files) => delete files['MTK_AllInOne_DA.bin'] }),
  AGENT_MUST_BE_SIGNED: checking({ profile: { ...small, preloader: { ...small.preloader, targetConfig: 4 } } }),
  MODE_BROM: checking({ mode: 'brom' }),
  EMI_TABLE_MISSING: checking({
    mode: 'brom',
    spoilFiles: (files, profile) => delete files[`preloader_${profile.project}.bin`],
  }),
  CERTIFICATE_REQUIRED: checking({ mode: 'brom', profile: bootRomWith(0x10) }),
  OWNER_PROOF: checking({
    mode: 'brom',
    profile: bootRomWith(0x2),
    spoilFiles: (files) => {
      files['auth_sv5.auth'] = new Uint8Array(100);
    },
  }),
  SLA_REQUIRED: checking({ mode: 'brom', faults: ['sla-required'] }),

  STORAGE_MATCHES: fitting,
  STORAGE_MISMATCH: whole({ profile: 'mt6765-emmc', ...UFS_FIRMWARE }),
  LAYOUT_MATCHES: fitting,
  LAYOUT_DIFFERS: whole({ of: () => GROWN }),
  PARTITION_NOT_ON_PHONE: whole({ of: withVbmeta }),
  PARTITION_UNKNOWN: checking({ job: { selection: { only: ['nosuch'] } } }),
  PARTITION_OUTSIDE_STORAGE: rebuilding({ of: changed('system', ({ size }) => ({ size: size + (64 << 20) })) }),
  MEMORY_KNOWN: fitting,
  MEMORY_UNKNOWN: checking({
    profile: { ...small, storage: { ...small.storage, id: '90014a484247346132a4e5d4c3b2a1f1' } },
    of: () => small,
  }),
  MEMORY_NOT_DECIDABLE: checking({ spoilFiles: onlyDiscreteMemory }),
  BATTERY_OK: fitting,
  BATTERY_LOW: checking({ faults: ['battery=3400'] }),
  SET_BELONGS_TOGETHER: whole({
    of: withVbmeta,
    spoilFiles: (files) => {
      files['lk.img'] = hashFooterlessVbmeta('boot', files['boot.img'] as Uint8Array);
    },
  }),
  MIXED_SET: whole({
    of: withVbmeta,
    spoilFiles: (files) => {
      files['lk.img'] = hashFooterlessVbmeta('boot', (files['boot.img'] as Uint8Array).slice().reverse());
    },
  }),

  // Beyond preflight: what was written is not what is read back.
  VERIFY_FAILED: flashing({ faults: ['bad-write=lk'] }),

  MODE_NEEDS_ALL: flashing({ job: { mode: 'upgrade' } }),
  MODE_NEEDS_BACKUP: flashing({ job: { mode: 'upgrade', selection: {} } }),
  USER_DATA_ERASED: rebuilding(),
  EVERYTHING_ERASED: whole({}, 'format-all'),
  LAYOUT_CHANGES: rebuilding({ of: () => GROWN }),
  LAYOUT_IMPOSSIBLE: rebuilding({ of: changed('proinfo', () => ({ start: 0x2000 })) }),
  CALIBRATION_DOES_NOT_FIT: rebuilding({ of: changed('nvram', ({ size }) => ({ size: size - 65536 })) }),
  CALIBRATION_HAS_NO_PLACE: rebuilding({ of: () => without('nvram')(GROWN) }),
  CALIBRATION_NOT_ON_PHONE: rebuilding({ profile: without('nvram')(small), of: () => small }),
  CONTENT_LOST: rebuilding({ of: () => without('vendorlog')(GROWN) }),
  CALIBRATION_IMAGE_LEFT_OUT: () =>
    lookedAt({
      'MT6735_Android_scatter.txt': gptScatter() + partitionText(9, 'persist', { physical_start_addr: '0x2000' }),
      'persist.img': 'x',
    }),
  // The list of another age: the preloader of this phone would not find its partitions.
  LAYOUT_CHANGE_UNSUPPORTED: rebuilding({
    profile: OLD,
    of: ({ hwCode, platform, agent, preloader, bootRom }) => ({
      ...GROWN,
      hwCode,
      platform,
      agent,
      preloader,
      bootRom,
    }),
  }),
  BOOT_RECORD_DIFFERS: rebuilding({
    profile: OLD,
    of: () => OLD_GROWN,
    spoilFiles: async (files) => {
      files.MBR = (await firmwareFiles(OLD)).MBR as Uint8Array;
    },
  }),
  BOOT_RECORD_MISSING: rebuilding({
    profile: OLD,
    of: () => OLD_GROWN,
    spoilFiles: (files) =>
      inScatter(files, (text) =>
        text.replace(/file_name: EBR1\n {2}is_download: true/, 'file_name: NONE\n  is_download: false'),
      ),
  }),
};
