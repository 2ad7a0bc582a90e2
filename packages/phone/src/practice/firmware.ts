import { ascii } from '@unbrick/core/wire';
import type { Profile, ProfilePartition } from '../profiles/profile.js';
import { buildAgentFile } from './agent-file.js';
import { buildEmiTable, MemoryType, type PracticeMemory } from './emi-table.js';
import { bootImage, mtkImage, sparseImage } from './images.js';
import { noise } from './noise.js';
import { buildPreloader } from './preloader.js';
import { scatterText } from './scatter.js';

const MIB = 1 << 20;

/**
 * A complete firmware for a virtual phone, made of noise in the real forms: scatter file, preloader with memory table,
 * Download Agent container, images. File name → bytes.
 */
export async function practiceFirmware(profile: Profile): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  files.set(`${profile.platform}_Android_scatter.txt`, new TextEncoder().encode(scatterText(profile)));
  files.set('MTK_AllInOne_DA.bin', await buildAgentFile(profile));
  for (const partition of profile.partitions) {
    if (partition.fileName && !files.has(partition.fileName)) {
      files.set(partition.fileName, practiceImage(profile, partition));
    }
  }
  return files;
}

/** The preloader of this phone's practice firmware. */
export function practicePreloader(profile: Profile): Uint8Array {
  const emi = profile.agent.legacy ?? profile.agent.xflash;
  const fileName = `preloader_${profile.project}.bin`;
  return buildPreloader({
    platform: profile.platform,
    project: profile.project,
    emiTable: buildEmiTable(emi?.emiVersion ?? 21, emi?.emiItemSize ?? 188, fileName, memoriesOf(profile)),
  });
}

/** Three chips that such a board is built with; the phone's own is the middle one. */
function memoriesOf({ storage, ramSize }: Profile): PracticeMemory[] {
  if (storage.kind === 'ufs') {
    return ['KM2V8001CM-B707', storage.id, 'H9HQ16AECMMDAR'].map((product) => {
      return { type: MemoryType.UFS_LPDDR4X, id: ascii(product), ramSize };
    });
  }
  const own = hexToBytes(storage.id).slice(0, 9);
  return [memoryId(0x15, 'QE63MB'), own, memoryId(0x90, 'H8G4a2')].map((id) => {
    return { type: MemoryType.EMMC_LPDDR3, id, ramSize };
  });
}

function memoryId(manufacturer: number, product: string): Uint8Array {
  return Uint8Array.of(manufacturer, 0x01, 0x00, ...Array.from(product, (letter) => letter.charCodeAt(0)));
}

function hexToBytes(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function practiceImage(profile: Profile, partition: ProfilePartition): Uint8Array {
  const name = partition.name.toLowerCase();
  const room = partition.size > 0 ? partition.size : 64 * MIB;
  if (partition.operation === 'BOOTLOADERS') return practicePreloader(profile);
  if (/^(boot|recovery)/.test(name)) return bootImage(name, Math.min(room / 2, 3 * MIB), Math.min(room / 4, MIB));
  if (/^(super|system|android|cache|userdata|usrdata|vendor)/.test(name)) {
    return sparseImage(
      name,
      Math.floor(Math.min(room, /^(super|system|android)/.test(name) ? 64 * MIB : 8 * MIB) / 4096),
    );
  }
  if (/^(mbr|ebr\d)$/.test(name)) return bootSector(name);
  if (/^(lk|logo|uboot|tee|atf|scp|spmfw|md)/.test(name)) return mtkImage(name, Math.min(room - 512, MIB / 4));
  return noise(`image ${name}`, Math.min(room, MIB / 2));
}

/** A boot record without partitions, with the mark that makes it one. */
function bootSector(name: string): Uint8Array {
  const sector = new Uint8Array(512);
  sector.set(noise(name, 440));
  sector.set([0x55, 0xaa], 510);
  return sector;
}
