import { struct, text, u8, u16, u32 } from '../wire/index.js';

/** Begins every GFH header. */
export const GFH_MAGIC = 'MMM';
/** The common beginning of the headers that stand before a preloader's code. See docs/protocol/preloader.md, "GFH". */
export const GfhHeader = struct('little', { magic: text(3), version: u8, size: u16, type: u16 });

/** The first GFH header: what the file is and how long. */
export const GfhFileInfo = struct('little', {
  header: GfhHeader,
  name: text(12),
  fileVersion: u32,
  fileType: u16,
  flashDevice: u8,
  signatureType: u8,
  loadAddress: u32,
  /** From the GFH to the end of the signature, bytes. */
  fileLength: u32,
  maxSize: u32,
  contentOffset: u32,
  signatureLength: u32,
  jumpOffset: u32,
  attributes: u32,
});
export const GFH_FILE_INFO_NAME = 'FILE_INFO';
/** ARM boot loader and AP boot loader: the file types of preloaders. */
export const PRELOADER_FILE_TYPES: readonly number[] = [0x0001, 0x000b];

/** Boot region layout: tells the boot ROM where in the boot area the preloader begins. */
export const BootRegionLayout = struct('little', {
  name: text(8),
  version: u32,
  firstImage: u32,
  boundary: u32,
});
export const BOOT_REGION_LAYOUT_NAME = 'BRLYT';

/** Security settings inside the code; its platform name is not always the phone's. */
export const RomInfo = struct('little', { name: text(16), version: u32, platform: text(16), project: text(16) });
export const ROM_INFO_NAME = 'AND_ROMINFO_v';
