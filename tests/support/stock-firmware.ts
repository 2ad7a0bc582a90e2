import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';

/** Whether the image tools of other people are installed: e2fsprogs, libsparse, mkbootimg. */
export function imageToolsInstalled(): boolean {
  return ['mke2fs', 'img2simg', 'mkbootimg'].every((tool) => {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { env: TOOL_ENV, stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

/** mke2fs and e2fsck live in /usr/sbin, which is not on everybody's path. */
export const TOOL_ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

export interface StockFirmware {
  folder: string;
  /** The raw ext4 image behind the sparse system image. */
  systemRaw: string;
  /** Name of the system partition on this phone. */
  systemPartition: string;
  remove(): Promise<void>;
}

const SYSTEM_MIB = 48;

/**
 * A firmware folder as a maker would publish it for the profile's phone: the scatter file, preloader and agent file of the
 * practice firmware, with a system image from mke2fs and img2simg and a boot image from mkbootimg.
 */
export async function stockFirmware(profileName: string): Promise<StockFirmware> {
  const profile = await loadProfile(profileName);
  const work = mkdtempSync(join(tmpdir(), 'unbrick-firmware-'));
  const folder = join(work, `${profile.platform}_firmware`);
  await writePracticeFirmware(profile, folder);
  const system = profile.partitions.find((partition) => /^(system|android|super)$/i.test(partition.name));
  const boot = profile.partitions.find((partition) => /^(boot|boot_a|bootimg)$/i.test(partition.name));
  if (!system?.fileName || !boot?.fileName) throw new Error(`${profileName} has no system or boot partition`);

  const tree = join(work, 'tree');
  mkdirSync(join(tree, 'app'), { recursive: true });
  writeFileSync(join(tree, 'build.prop'), `ro.product.board=${profile.platform}\n`);
  for (let i = 0; i < 40; i++)
    writeFileSync(join(tree, 'app', `app-${i}.apk`), Buffer.alloc(100_000 + i * 7919, i + 1));
  const systemRaw = join(work, 'system.raw');
  run('mke2fs', ['-q', '-t', 'ext4', '-d', tree, '-L', 'system', systemRaw, `${SYSTEM_MIB}M`]);
  rmSync(join(folder, system.fileName));
  run('img2simg', [systemRaw, join(folder, system.fileName)]);

  const kernel = join(work, 'kernel');
  const ramdisk = join(work, 'ramdisk');
  writeFileSync(kernel, Buffer.alloc(1_500_000, 'kernel'));
  writeFileSync(ramdisk, Buffer.alloc(300_000, 'ramdisk'));
  rmSync(join(folder, boot.fileName));
  run('mkbootimg', [
    '--kernel',
    kernel,
    '--ramdisk',
    ramdisk,
    '--base',
    '0x40000000',
    '-o',
    join(folder, boot.fileName),
  ]);

  return { folder, systemRaw, systemPartition: system.name, remove: () => rm(work, { recursive: true, force: true }) };
}

function run(tool: string, args: string[]): void {
  execFileSync(tool, args, { env: TOOL_ENV, stdio: ['ignore', 'ignore', 'inherit'] });
}
