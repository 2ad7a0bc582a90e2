/**
 * Facts of the legacy agent's NAND commands and of the bad-block map on the chip (docs/protocol/legacy-agent.md, section
 * "NAND"). Integers are big-endian on the wire and little-endian on the chip.
 */
import { bytes, struct, text, u8, u16, u32, u64 } from './struct.js';

/** How NAND addresses are meant: through the bad-block map, or as the chip counts. */
export const LegacyAddressType = { LOGICAL: 0, PHYSICAL: 1 } as const;

/** Erase flag of FORMAT: leave bad blocks alone, erase them too, or mark all as bad. */
export const LegacyEraseFlag = { NORMAL: 0, FORCE: 1, MARK_BAD: 2 } as const;

/** What NAND_READ_PAGE sends for each page. */
export const LegacyNandReadFlag = {
  PAGE_AND_SPARE: 0,
  PAGE: 1,
  SPARE: 2,
  PAGE_CORRECTED: 3,
  PAGE_AND_SPARE_CORRECTED: 4,
} as const;

/** What NAND_WRITE_DATA takes for each page. */
export const LegacyNandProgramFlag = {
  PAGE_AND_SPARE: 0,
  PAGE: 1,
  SPARE: 2,
  FDM: 3,
  PAGE_AND_SPARE_ENCODED: 4,
} as const;

/** Arguments of NAND_READ_PAGE after the opcode. */
export const LegacyNandReadPage = struct('big', {
  readFlag: u8,
  addressType: u8,
  address: u64,
  length: u64,
  containerLength: u32,
});
/** Follows the first ACK of NAND_READ_PAGE; the host's pages a packet (u32) and the total length (u64) come next. */
export const LegacyNandGeometry = struct('big', { pageSize: u32, spareSize: u32, unitPages: u32 });

/** Arguments of NAND_WRITE_DATA after the opcode; `dataLength` in bytes, page and spare together when both are sent. */
export const LegacyNandWriteData = struct('big', {
  addressType: u8,
  programFlag: u8,
  startBlock: u32,
  blockCount: u32,
  packetLength: u32,
  dataLength: u32,
});

/** First bytes of NAND_IMAGE_LIST; 0x5A switches a feature on. */
export const LegacyNandImageListHead = struct('big', { mba: u8, mbaPartial: u8, fota: u8 });
/** Then the numbers of images and the area of ROM information; an ACK follows. */
export const LegacyNandImageListCounts = struct('big', {
  imageCount: u8,
  enabledCount: u8,
  romInfoBegin: u32,
  romInfoEnd: u32,
});
/** Images of this many or more are refused. */
export const LEGACY_NAND_MAX_IMAGES = 40;
/**
 * One image of NAND_IMAGE_LIST. `begin` and `end` are logical byte addresses of its first and its last byte: that is how
 * NAND_WRITE_IMAGE knows its length. `enabled` is 0x5A for an image that will follow, 0xA5 for one that will not.
 */
export const LegacyNandImage = struct('big', {
  enabled: u8,
  begin: u32,
  end: u32,
  maxSize: u32,
  partitionLength: u64,
  romType: u32,
  nandArchitecture: u32,
  name: text(16),
});
/** Image types as scatter files name them. */
export const LegacyRomType = {
  NORMAL_ROM: 0x01,
  SV5_BL_BIN: 0x07,
  YAFFS_IMG: 0x08,
  UBI_IMG: 0x10,
  FTL20_IMG: 0x20,
} as const;

/** One pair of READ_BMT: a bad block and the block of the pool that stands in for it. */
export const LegacyBmtPair = struct('big', { badBlock: u16, mappedBlock: u16 });

/** Statistics that close FORMAT on NAND, after a byte that is not ACK. */
export const LegacyFormatStatistics = struct('big', {
  address: u64,
  length: u64,
  totalBlocks: u32,
  badBlocks: u32,
  errorBlocks: u32,
});

/** "Boots from": closing word of the flash report. */
export const LegacyBootStyle = { EMMC: 0x409, NOR: 0x40a, NAND: 0x40b } as const;

/** Errors of NAND commands, next to those of LegacyError. */
export const LegacyNandError = {
  PAGE_PROGRAM_FAILED: 0xbcc,
  SPARE_PROGRAM_FAILED: 0xbcd,
  ERASE_FAILED: 0xbcf,
  BAD_BLOCK: 0xbe5,
  ECC_UNCORRECTABLE: 0xbe7,
  IMAGE_EXCEEDS_MAX: 0xc29,
} as const;

/** Bytes of one record of the NAND table that hosts feed to the agents of MT6573, MT6575 and MT6577. */
export const LEGACY_NAND_RECORD_SIZE = 0x38;

/** Boot-loader device numbers of DOWNLOAD_BLOADER and of boot layouts. */
export const BootDevice = {
  NOR: 1,
  NAND_SEQUENTIAL: 2,
  NAND_TTBL: 3,
  NAND_FDM: 4,
  EMMC_BOOT: 5,
  EMMC_DATA: 6,
  SERIAL_FLASH: 7,
  SD: 8,
} as const;

/** Head of the boot loader area on NAND, in the first page: the geometry, for the boot ROM. */
export const NandDeviceHeader = struct('little', {
  name: text(12),
  version: text(4),
  id: text(8),
  ioInterface: u16,
  pageSize: u16,
  addressCycles: u16,
  spareSize: u16,
  pagesPerBlock: u16,
  blocks: u16,
  padding: bytes(8),
});
export const NAND_DEVICE_NAME = 'BOOTLOADER!';
