import { beforeEach, describe, expect, it } from 'vitest';
import type { EmiTable } from '../firmware/emi-table.js';
import { type FirmwareFacts, gatherFirmwareFacts } from '../firmware/firmware-facts.js';
import { MemoryFolder } from '../firmware/memory-folder.js';
import { openFirmware } from '../firmware/package.js';
import type { ScatterLayout } from '../firmware/scatter/scatter.js';
import { planDownload } from '../plan/download-plan.js';
import { selectPartitions } from '../plan/selection.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { ascii, concat } from '../wire/index.js';
import { checkFirmware } from './check-firmware.js';
import { checkStorage } from './check-storage.js';
import type { Finding } from './finding.js';

const MIB = 1 << 20;
const CID = concat(Uint8Array.of(0x15, 0x01, 0x00), ascii('QE63MB'), new Uint8Array(7));

const SCATTER = `- general: MTK_PLATFORM_CFG
  info:
    - config_version: V1.1.2
      platform: MT6735
      project: demo
      storage: EMMC
      boot_channel: MSDC_0
      block_size: 0x20000
${[
  ['nvram', 'NONE', 'false', 0x100000, 0x100000, 'BINREGION'],
  ['boot', 'boot.img', 'true', 0x200000, 0x100000, 'UPDATE'],
  ['userdata', 'NONE', 'false', 0x300000, 0, 'UPDATE'],
]
  .map(
    ([name, file, ticked, start, size, operation], index) => `- partition_index: SYS${index}
  partition_name: ${name}
  file_name: ${file}
  is_download: ${ticked}
  type: NORMAL_ROM
  linear_start_addr: 0x${start?.toString(16)}
  physical_start_addr: 0x${start?.toString(16)}
  partition_size: 0x${size?.toString(16)}
  region: EMMC_USER
  storage: HW_STORAGE_EMMC
  boundary_check: true
  is_reserved: false
  operation_type: ${operation}
  reserve: 0x00
`,
  )
  .join('')}`;

const STORAGE: StorageInfo = {
  kind: 'emmc',
  blockSize: 512,
  regions: new Map([
    ['boot1', 4 * MIB],
    ['boot2', 4 * MIB],
    ['user', 64 * MIB],
  ]),
  id: CID,
};

function table(change: Partial<Record<string, { start?: number; length?: number } | null>> = {}): PartitionTable {
  const born = [
    { name: 'nvram', start: 0x100000, length: 0x100000 },
    { name: 'boot', start: 0x200000, length: 0x100000 },
    { name: 'userdata', start: 0x300000, length: 40 * MIB },
  ];
  const partitions = born.flatMap((entry) => {
    const changed = change[entry.name];
    return changed === null ? [] : [{ region: 'user' as const, ...entry, ...changed }];
  });
  return { kind: 'gpt', source: 'test', partitions };
}

function emi(...entries: { storageClass: number; id: string }[]): EmiTable {
  return {
    version: 20,
    itemSize: 188,
    entries: entries.map(({ storageClass, id }) => ({
      bytes: new Uint8Array(188),
      storageClass,
      dramKind: 3,
      id: id === '' ? new Uint8Array(0) : concat(Uint8Array.of(0x15, 0x01, 0x00), ascii(id)),
      firmwareId: new Uint8Array(0),
      ramSize: 2 ** 31,
    })),
    blob: new Uint8Array(0),
    list: new Uint8Array(0),
    fileName: 'preloader_demo.bin',
  };
}

let facts: FirmwareFacts;

async function factsWith(bootBytes: number, selection = {}): Promise<FirmwareFacts> {
  const folder = new MemoryFolder('firmware', {
    'MT6735_Android_scatter.txt': SCATTER,
    'boot.img': new Uint8Array(bootBytes).fill(7),
  });
  const firmware = await openFirmware(folder);
  const layout = firmware.scatter.layouts[0] as ScatterLayout;
  return gatherFirmwareFacts(firmware, layout, selectPartitions(layout, selection));
}

beforeEach(async () => {
  facts = await factsWith(500_000);
});

function verdicts(findings: Finding[]): string[] {
  return findings.map((finding) => `${finding.severity} ${finding.code}`);
}

describe('storage, images and layout against the phone', () => {
  it('is green for the right phone', () => {
    expect(verdicts(checkStorage(facts, STORAGE, table()))).toEqual(['ok STORAGE_MATCHES', 'ok LAYOUT_MATCHES']);
  });

  it('stops at another kind of storage and says no more', () => {
    const findings = checkStorage(facts, { ...STORAGE, kind: 'ufs' }, table());
    expect(verdicts(findings)).toEqual(['blocker STORAGE_MISMATCH']);
    expect(findings[0]?.next.join()).toContain('Editing the scatter file does not help');
  });

  it('stops at an image that is larger than the partition on the phone', () => {
    const findings = checkStorage(facts, STORAGE, table({ boot: { length: 0x40000 } }));
    expect(verdicts(findings)).toContain('blocker IMAGE_TOO_LARGE');
  });

  it('stops when the phone does not have the partition', () => {
    expect(verdicts(checkStorage(facts, STORAGE, table({ boot: null })))).toContain('blocker PARTITION_NOT_ON_PHONE');
  });

  it('stops when what is to be written lies elsewhere', () => {
    const findings = checkStorage(facts, STORAGE, table({ boot: { start: 0x280000 } }));
    expect(verdicts(findings)).toContain('blocker LAYOUT_DIFFERS');
    expect(findings.find((each) => each.code === 'LAYOUT_DIFFERS')?.next.join()).toContain('Do not format');
  });

  it('warns when only what is left alone lies elsewhere', () => {
    expect(verdicts(checkStorage(facts, STORAGE, table({ nvram: { length: 0x80000 } })))).toContain(
      'warning LAYOUT_DIFFERS',
    );
  });

  it('does not mind how much the last partition has', () => {
    expect(verdicts(checkStorage(facts, STORAGE, table({ userdata: { length: MIB } })))).toContain('ok LAYOUT_MATCHES');
  });
});

describe("the firmware's memory table against the phone's memory", () => {
  it.each([
    { known: [{ storageClass: 2, id: 'QE63MB' }], writesPreloader: true, verdict: 'ok MEMORY_KNOWN' },
    { known: [{ storageClass: 2, id: 'FE62MB' }], writesPreloader: true, verdict: 'blocker MEMORY_UNKNOWN' },
    { known: [{ storageClass: 2, id: 'FE62MB' }], writesPreloader: false, verdict: 'warning MEMORY_UNKNOWN' },
    { known: [{ storageClass: 0, id: '' }], writesPreloader: true, verdict: 'ok MEMORY_NOT_DECIDABLE' },
  ])('$verdict', ({ known, writesPreloader, verdict }) => {
    const preloader = { emi: emi(...known), file: new Uint8Array(1000), problems: [] };
    const selected = writesPreloader
      ? [
          ...facts.selected,
          { partition: { name: 'preloader', type: 'SV5_BL_BIN' }, path: 'p', image: { expandedSize: 1000 } },
        ]
      : facts.selected;
    const withMemory = { ...facts, preloader, selected } as unknown as FirmwareFacts;
    expect(verdicts(checkStorage(withMemory, STORAGE, table()))).toContain(verdict);
  });
});

describe('the files alone', () => {
  it('warns of a missing preloader, which only BROM mode needs', () => {
    expect(verdicts(checkFirmware(facts))).toEqual(['ok FIRMWARE_OPENED', 'warning PRELOADER_MISSING']);
  });

  it.each([
    [0x100000, undefined],
    [0x100001, 'blocker IMAGE_TOO_LARGE'],
    [0, 'blocker IMAGE_DAMAGED'],
  ])('an image of %i bytes for a partition of 1 MiB: %s', async (bytes, verdict) => {
    const found = verdicts(checkFirmware(await factsWith(bytes))).filter((each) => each.startsWith('blocker'));
    expect(found).toEqual(verdict ? [verdict] : []);
  });

  it('stops when a wanted partition has no file', async () => {
    const wanted = await factsWith(1000, { only: ['userdata'] });
    expect(verdicts(checkFirmware(wanted))).toContain('blocker IMAGE_MISSING');
  });

  it('refuses a partition name that does not exist, with the names that do', async () => {
    await expect(factsWith(1000, { only: ['bot'] })).rejects.toMatchObject({
      code: 'PARTITION_UNKNOWN',
      evidence: ['it has: nvram, boot, userdata'],
    });
  });
});

describe('the plan', () => {
  it('backs up calibration, then writes where the phone has the partition', () => {
    const elsewhere = table({ boot: { start: 0x280000 } });
    const { steps } = planDownload(facts, STORAGE, elsewhere, { backup: true, reboot: true });
    expect(steps).toEqual([
      expect.objectContaining({ kind: 'backup', partition: 'nvram', fileName: 'nvram.bin' }),
      expect.objectContaining({
        kind: 'write',
        partition: 'boot',
        extent: { region: 'user', start: 0x280000, length: MIB },
        risk: 'high',
      }),
      expect.objectContaining({ kind: 'reboot' }),
    ]);
  });

  it('leaves out backup and restart when asked to', () => {
    const { steps } = planDownload(facts, STORAGE, table(), { backup: false, reboot: false });
    expect(steps.map((step) => step.kind)).toEqual(['write']);
  });
});
