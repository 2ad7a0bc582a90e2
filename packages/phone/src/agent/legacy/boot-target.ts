import type { Region } from '@unbrick/core';
import { BootDevice, NAND_DEVICE_NAME, NandDeviceHeader, struct, text, u32 } from '@unbrick/core/wire';
import type { NandFlash } from '../../nand/nand-flash.js';
import type { AgentSession } from '../session.js';

/** Where boot loaders go on one kind of flash, and what comes before them there. Offsets and sizes in bytes. */
export interface BootTarget {
  /** Number in layouts. */
  device: number;
  /** Head of the area, at its first byte; 0xFF up to the layout. */
  head: Uint8Array;
  layoutOffset: number;
  firstImage: number;
  /** Images end on multiples of this in the layout. */
  boundaryUnit: number;
  /** The whole area. */
  room: number;
  /** Whether there is a boot loader already: then this is an update. */
  hasLoader(): Promise<boolean>;
  write(area: Uint8Array): Promise<void>;
}

const EmmcHeader = struct('little', { name: text(12), version: u32, layoutOffset: u32 });
const EMMC_NAME = 'EMMC_BOOT';
const EMMC_LAYOUT_OFFSET = 0x200;
const BOOT_AREAS: Region[] = ['boot1', 'boot2'];

/** Both boot areas of an eMMC get the same. */
export function emmcBootTarget({ storage }: AgentSession): BootTarget {
  const size = (region: Region) => storage.regions.get(region) ?? 0;
  return {
    device: BootDevice.EMMC_BOOT,
    head: EmmcHeader.build({ name: EMMC_NAME, version: 1, layoutOffset: EMMC_LAYOUT_OFFSET }),
    layoutOffset: EMMC_LAYOUT_OFFSET,
    firstImage: 0x800,
    boundaryUnit: 0x400,
    room: size('boot1'),
    hasLoader: async () => EmmcHeader.parse(await storage.read('boot1', 0, EmmcHeader.size)).name === EMMC_NAME,
    write: async (area) => {
      for (const region of BOOT_AREAS) if (size(region) >= area.length) await storage.write(region, 0, area);
    },
  };
}

/** The first blocks of a NAND chip: geometry in the first page, layout in the second, boot loaders from the third on. */
export function nandBootTarget({ profile }: AgentSession, flash: NandFlash): BootTarget {
  const { pageSize, spareSize, pagesPerBlock, blocks } = flash.chip.geometry;
  const { nand, blockSize } = profile.storage;
  const head = NandDeviceHeader.build({
    name: NAND_DEVICE_NAME,
    version: 'V006',
    id: 'NFIINFO',
    ioInterface: nand?.ioInterface ?? 0,
    pageSize: blockSize,
    addressCycles: nand?.addressCycles ?? 0,
    spareSize,
    pagesPerBlock,
    blocks,
    padding: new Uint8Array(8),
  });
  return {
    device: BootDevice.NAND_SEQUENTIAL,
    head,
    layoutOffset: pageSize,
    firstImage: 2 * pageSize,
    boundaryUnit: pageSize,
    room: profile.partitions.find(({ operation }) => operation === 'BOOTLOADERS')?.size ?? flash.blockSize,
    hasLoader: async () => {
      const found = await flash.read(0, NandDeviceHeader.size);
      return NandDeviceHeader.parse(found).name === NAND_DEVICE_NAME;
    },
    write: async (area) => {
      const pages = new Uint8Array(Math.ceil(area.length / pageSize) * pageSize).fill(0xff);
      pages.set(area);
      for (let at = 0; at < pages.length; at += flash.blockSize) await flash.erase(at / flash.blockSize);
      await flash.program(0, pages);
    },
  };
}
