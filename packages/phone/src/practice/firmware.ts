import { BootDevice } from '@unbrick/core/wire';
import { bootRecordPieces } from '../birth/pmt.js';
import type { Profile, ProfilePartition } from '../profiles/profile.js';
import { type AgentSigner, agentFileName, buildAgentFile } from './agent-file.js';
import { buildEmiTable } from './emi-table.js';
import { bootImage, mtkImage, sparseImage, ubiImage } from './images.js';
import { memoriesOf } from './memories.js';
import { noise } from './noise.js';
import { buildPreloader } from './preloader.js';
import { scatterFileName, scatterText } from './scatter.js';

const MIB = 1 << 20;

/**
 * A complete firmware for a virtual phone, made of noise in the real forms: scatter file, preloader with memory table,
 * Download Agent container, images. File name → bytes.
 * @param sign signs the agent, for a phone that starts signed agents only
 */
export async function practiceFirmware(profile: Profile, sign?: AgentSigner): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  files.set(scatterFileName(profile), new TextEncoder().encode(scatterText(profile)));
  files.set(agentFileName(profile), await buildAgentFile(profile, sign));
  for (const partition of profile.partitions) {
    if (partition.fileName && !files.has(partition.fileName)) {
      files.set(partition.fileName, practiceImage(profile, partition));
    }
  }
  return files;
}

/** The preloader of this phone's practice firmware. */
export function practicePreloader(profile: Profile): Uint8Array {
  const { legacy, xflash, xml } = profile.agent;
  const emi = legacy ?? xflash ?? xml;
  const fileName = `preloader_${profile.project}.bin`;
  return buildPreloader({
    platform: profile.platform,
    project: profile.project,
    flashDevice: profile.storage.kind === 'nand' ? BootDevice.NAND_SEQUENTIAL : BootDevice.EMMC_BOOT,
    emiTable: buildEmiTable(emi?.emiVersion ?? 21, emi?.emiItemSize ?? 188, fileName, memoriesOf(profile)),
  });
}

function practiceImage(profile: Profile, partition: ProfilePartition): Uint8Array {
  const name = partition.name.toLowerCase();
  const room = partition.size > 0 ? partition.size : 64 * MIB;
  if (partition.operation === 'BOOTLOADERS') return practicePreloader(profile);
  if (/^(boot|recovery)/.test(name)) return bootImage(name, Math.min(room / 2, 3 * MIB), Math.min(room / 4, MIB));
  if (/^(super|system|android|cache|userdata|usrdata|vendor)/.test(name)) {
    const { nand, blockSize } = profile.storage;
    // File systems on NAND come as they lie on the chip, a head in each erase block.
    if (nand)
      return ubiImage(name, blockSize, nand.pagesPerBlock, Math.min(room / 2, (name === 'android' ? 12 : 1) * MIB));
    return sparseImage(
      name,
      Math.floor(Math.min(room, /^(super|system|android)/.test(name) ? 64 * MIB : 8 * MIB) / 4096),
    );
  }
  const record = bootRecordPieces(profile).find(({ offset }) => offset === partition.start);
  if (/^(mbr|ebr\d)$/.test(name) && record) return record.bytes;
  if (/^(lk|logo|uboot|tee|atf|scp|spmfw|sspm|mcupm|gz|md)/.test(name))
    return mtkImage(name, Math.min(room - 512, MIB / 4));
  return noise(`image ${name}`, Math.min(room, MIB / 2));
}
