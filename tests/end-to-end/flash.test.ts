import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extentsOf, type Profile, type ProfilePartition } from '@unbrick/phone';
import { loadProfile } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { imageToolsInstalled, type StockFirmware, stockFirmware, TOOL_ENV } from '../support/stock-firmware.js';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const PROFILES = [
  'mt6580-emmc',
  'mt6582-emmc',
  'mt6735-emmc',
  'mt6757-emmc',
  'mt6765-emmc',
  'mt6785-ufs',
  'mt6895-ufs',
];
const TIMEOUT = 120_000;

if (!imageToolsInstalled()) {
  throw new Error(
    'These tests need mke2fs, img2simg and mkbootimg: apt install e2fsprogs android-sdk-libsparse-utils mkbootimg',
  );
}

describe.each(PROFILES)('%s over TCP between two processes', (name) => {
  let firmware: StockFirmware | undefined;
  const work = mkdtempSync(join(tmpdir(), 'unbrick-flash-'));
  afterAll(async () => {
    await firmware?.remove();
    rmSync(work, { recursive: true, force: true });
  });

  it.each(['preloader', 'brom'] as const)(
    'flashes a stock firmware, caught in %s mode',
    { timeout: TIMEOUT },
    async (mode) => {
      const profile = await loadProfile(name);
      if (!profile.modes.includes(mode)) return;
      firmware ??= await stockFirmware(name);
      const state = join(work, `state-${mode}`);
      const backups = join(work, `backups-${mode}`);
      const phone = await startPhone(['--profile', name, '--mode', mode, '--state', state]);
      const before = await calibrationOf(profile, state);
      const finished = await unbrick([
        'flash',
        firmware.folder,
        '--port',
        phone.port,
        '--yes',
        '--json',
        '--backup-dir',
        backups,
      ]);
      await phone.stop();

      const { report } = eventsOf(finished);
      expect(finished.code, finished.stdout + finished.stderr).toBe(0);
      expect(report.ok).toBe(true);
      const written = profile.partitions.filter((partition) => partition.fileName !== undefined);
      expect(report.partitions.map((each) => each.name.toLowerCase()).sort()).toEqual(
        written.map((partition) => partition.name.toLowerCase()).sort(),
      );
      for (const each of report.partitions) expect(each.verifiedBy).toBe('readback-sha256');

      await expectPartitionsEqual(profile, firmware, state);
      expectCleanFilesystem(profile, firmware, state, work);
      expect(await calibrationOf(profile, state)).toEqual(before);
      for (const file of report.backup?.files ?? []) {
        const bytes = readFileSync(join(report.backup?.folder ?? '', file.name));
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
      }
      expect(report.backup?.files.length).toBeGreaterThan(3);
    },
  );
});

async function expectPartitionsEqual(profile: Profile, firmware: StockFirmware, state: string): Promise<void> {
  for (const partition of profile.partitions) {
    if (partition.fileName === undefined) continue;
    if (partition.operation === 'BOOTLOADERS') {
      const file = readFileSync(join(firmware.folder, partition.fileName));
      const regions = extentsOf(profile, partition.name).map(({ region }) => region);
      expect(regions).toHaveLength(2);
      for (const region of regions) {
        const area = readFileSync(join(state, `${region}.bin`));
        expect(area.indexOf(file), `${region} holds the preloader`).toBeGreaterThan(0);
      }
      continue;
    }
    const isSystem = partition.name === firmware.systemPartition;
    const image = isSystem ? readFileSync(firmware.systemRaw) : expand(join(firmware.folder, partition.fileName));
    const stored = await readAt(fileOf(partition, state), partition.start, image.length);
    expect(stored.equals(image), `${partition.name} is byte-identical to ${partition.fileName}`).toBe(true);
  }
}

/** The bytes an image stands for; sparse ones are expanded by somebody else's program. */
function expand(path: string): Buffer {
  const bytes = readFileSync(path);
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== 0xed26ff3a) return bytes;
  const raw = `${path}.expanded`;
  if (!existsSync(raw)) execFileSync('simg2img', [path, raw], { env: TOOL_ENV });
  const expanded = readFileSync(raw);
  rmSync(raw);
  return expanded;
}

function expectCleanFilesystem(profile: Profile, firmware: StockFirmware, state: string, work: string): void {
  const system = profile.partitions.find((partition) => partition.name === firmware.systemPartition);
  const copy = join(work, 'system-from-phone.img');
  const size = readFileSync(firmware.systemRaw).length;
  execFileSync('dd', [
    `if=${system ? fileOf(system, state) : ''}`,
    `of=${copy}`,
    'bs=64K',
    'iflag=skip_bytes,count_bytes',
    `skip=${system?.start}`,
    `count=${size}`,
    'status=none',
  ]);
  execFileSync('e2fsck', ['-fn', copy], { env: TOOL_ENV, stdio: 'pipe' });
}

async function calibrationOf(profile: Profile, state: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const partition of profile.partitions.filter((each) => each.content === 'random')) {
    const bytes = await readAt(fileOf(partition, state), partition.start, partition.size);
    sums[partition.name] = createHash('sha256').update(bytes).digest('hex');
  }
  return sums;
}

/** The file of the region that holds the partition. */
function fileOf(partition: ProfilePartition, state: string): string {
  return join(state, `${partition.region}.bin`);
}

async function readAt(path: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  const buffer = Buffer.alloc(length);
  await handle.read(buffer, 0, length, position);
  await handle.close();
  return buffer;
}
