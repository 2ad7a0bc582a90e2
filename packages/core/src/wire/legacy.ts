/**
 * Facts of the legacy Download Agent protocol (MT6571 to MT6795, MT8127/35/63/73) that host and virtual phone share.
 * Integers are big-endian unless a layout says otherwise. See docs/protocol/legacy-agent.md.
 */
import { array, bytes, struct, text, u8, u16, u32, u64 } from './struct.js';

export const LegacyByte = {
  ACK: 0x5a,
  NACK: 0xa5,
  CONT: 0x69,
  STOP: 0x96,
  SYNC: 0xc0,
  SOC_OK: 0xc1,
  SOC_FAIL: 0xcf,
} as const;

export const LegacyCommand = {
  DOWNLOAD_BLOADER: 0x51,
  NAND_BMT_REMARK: 0x52,
  SDMMC_SWITCH_PART: 0x60,
  SDMMC_WRITE_IMAGE: 0x61,
  SDMMC_WRITE_DATA: 0x62,
  SDMMC_GET_CARD_TYPE: 0x63,
  SDMMC_RESET_DIS: 0x64,
  USB_SETUP_PORT: 0x70,
  USB_CHECK_STATUS: 0x72,
  USB_SETUP_PORT_EX: 0x73,
  READ_REG32: 0x7a,
  WRITE_REG32: 0x7b,
  PWR_READ16: 0x7c,
  PWR_WRITE16: 0x7d,
  NAND_WRITE_PARTITION_TABLE: 0xa1,
  NAND_READ_PARTITION_TABLE: 0xa2,
  NAND_READ_BMT: 0xa3,
  SDMMC_WRITE_PMT: 0xa4,
  SDMMC_READ_PMT: 0xa5,
  READ_PRODUCT_INFO: 0xa6,
  READ_DOWNLOAD_INFO: 0xa7,
  WRITE_DOWNLOAD_INFO: 0xa8,
  SDMMC_WRITE_GPT: 0xa9,
  NAND_WRITE_DATA: 0xb3,
  SECURE_USB_RECHECK: 0xb4,
  SECURE_ROM_INFO_UPDATE: 0xbb,
  SECURE_CUSTOMER_NAME: 0xbc,
  VERIFY_IMAGE_CHECKSUM: 0xbd,
  /** May this image be written without a signature? */
  SECURE_BYPASS_CHECK: 0xbe,
  SECURE_VERSION: 0xbf,
  GET_BATTERY_VOLTAGE: 0xd0,
  SPEED: 0xd2,
  MEM: 0xd3,
  FORMAT: 0xd4,
  WRITE_NOR: 0xd5,
  READ: 0xd6,
  WRITE_REG16: 0xd7,
  READ_REG16: 0xd8,
  FINISH: 0xd9,
  GET_DSP_VERSION: 0xda,
  ENABLE_WATCHDOG: 0xdb,
  NAND_IMAGE_LIST: 0xdd,
  NAND_WRITE_IMAGE: 0xde,
  NAND_READ_PAGE: 0xdf,
  CHECK_PC_SECURITY_INFO: 0xe0,
  ENABLE_DRAM: 0xe8,
  GET_PROJECT_ID: 0xef,
  GET_FAT_INFO: 0xf0,
  MEMORY_TEST: 0xfe,
} as const;

/** Error words that follow a NACK, and state words. Names are the field's own ("S_..."). */
export const LegacyError = {
  STOP: 0x3e8,
  INVALID_ARGUMENTS: 0x3eb,
  PART_NO_VALID_TABLE: 0x40d,
  UNSUPPORTED_OPERATION: 0x410,
  CHKSUM_ERROR: 0x411,
  DA_EXT_RAM_ERROR: 0xbb9,
  DA_SETUP_DRAM_FAIL: 0xbba,
  DA_RAM_ERROR: 0xbc3,
  DA_DEVICE_NOT_FOUND: 0xbc4,
  DA_NOR_NOT_FOUND: 0xbc7,
  DA_NAND_NOT_FOUND: 0xbc8,
  DA_IN_PROGRESS: 0xbd1,
  DA_INVALID_BEGIN_ADDR: 0xbdc,
  DA_INVALID_RANGE: 0xbe0,
  DA_BOOTLOADER_NOT_EXIST: 0xbee,
  DA_DATA_CHECKSUM_ERROR: 0xbf9,
  DA_BLANK_FLASH: 0xc0b,
  DA_UNSUPPORTED_BBCHIP: 0xc0f,
  DA_BOOTLOADER_DEVICE_NONE: 0xc46,
  DA_BOOTLOADER_DEVICE_UNSUPPORTED: 0xc47,
  DA_EMMC_NOT_FOUND: 0xc4d,
  DA_SDMMC_NOT_FOUND: 0xc4f,
  DA_SDMMC_CONFIG: 0xc50,
  DA_SDMMC_READ_FAILED: 0xc51,
  DA_SDMMC_WRITE_FAILED: 0xc52,
  DA_SDMMC_CRC: 0xc53,
  DA_SDMMC_TIMEOUT: 0xc54,
  DA_SDMMC_UNSUPPORTED: 0xc55,
  PRODUCT_INFO_NOT_SUPPORTED: 0xc68,
  DA_INVALID_STORAGE_TYPE: 0xc6a,
  PL_VALIDATION_FAIL: 0xc6e,
  DA_EXCEED_MAX_PARTITION_COUNT: 0xc71,
  PMT_NO_SPACE: 0x13cd,
  SECURITY_DOWNLOAD_FORBIDDEN: 0x177a,
  SECURITY_READBACK_FORBIDDEN: 0x177b,
  SECURITY_FORMAT_FORBIDDEN: 0x177c,
  SECURE_USB_DISABLED: 0x1799,
  SECURE_USB_ENABLED: 0x179a,
} as const;

/** eMMC regions as numbered by SDMMC_SWITCH_PART and the write commands. */
export const LegacyPart = {
  UNKNOWN: 0,
  BOOT1: 1,
  BOOT2: 2,
  RPMB: 3,
  GP1: 4,
  GP2: 5,
  GP3: 6,
  GP4: 7,
  USER: 8,
} as const;

/** Storage numbers of FORMAT, READ, VERIFY_IMAGE_CHECKSUM and READ_DOWNLOAD_INFO. */
export const LegacyStorage = { NOR: 0, NAND: 1, EMMC: 2, SDMMC: 3 } as const;

/** "Use the DRAM setting built into the agent." */
export const EMI_VERSION_BUILT_IN = 0xffffffff;
/** Sent after the EMI data: apply the setting. */
export const EMI_APPLY = 0x80000001;

/** Fixed part of the device configuration, host to stage 1, 18 bytes (protocol section "device configuration"). */
export const LegacyConfig = struct('big', {
  bromVersion: u8,
  bootloaderVersion: u8,
  norCs0: u8,
  norCs1: u8,
  nandCs: u8,
  nandTiming: u32,
  bmtFlag: u8,
  bmtSize: u32,
  forceCharge: u8,
  resetKey: u8,
  externalClock: u8,
  msdcBootChannel: u8,
});

/** One record of the SLC block, 20 bytes; `percent` is little-endian, unlike the rest of the protocol. */
export const LegacySlcRecord = struct('little', { name: text(16), percent: u32 });

/** NOR part of the flash report, 28 bytes. */
export const LegacyNorReport = struct('big', {
  status: u32,
  cs0: u8,
  cs1: u8,
  flashId: u16,
  size: u32,
  deviceCodes: array(u16, 4),
  otpStatus: u32,
  otpSize: u32,
});

/** Start of the NAND part of the flash report; then size (u32 or u64 by chip), u16 id count, the ids, and the tail. */
export const LegacyNandReportHead = struct('big', { status: u32, cs: u8, flashId: u16 });
/** End of the NAND part. */
export const LegacyNandReportTail = struct('big', {
  pageSize: u16,
  spareSize: u16,
  pagesPerBlock: u16,
  ioInterface: u8,
  addressCycles: u8,
  bmtExists: u8,
});

/** eMMC part of the flash report, 92 bytes; `cid` is in natural order. */
export const LegacyEmmcReport = struct('big', {
  status: u32,
  boot1Size: u64,
  boot2Size: u64,
  rpmbSize: u64,
  gpSizes: array(u64, 4),
  userSize: u64,
  cid: bytes(16),
  firmwareVersion: bytes(8),
});

/** SD card part of the flash report, 28 bytes. */
export const LegacySdReport = struct('big', { status: u32, userSize: u64, cid: bytes(16) });

/** RAM part of the flash report, 38 bytes, with the 16-byte random id. */
export const LegacyRamReport = struct('big', {
  internalStatus: u32,
  internalSize: u32,
  externalStatus: u32,
  externalType: u8,
  externalCs: u8,
  externalSize: u64,
  randomId: bytes(16),
});

/** Partition table entry of GPT builds, 0x58 bytes, little-endian. */
export const LegacyGptEntry = struct('little', {
  name: text(64),
  start: u64,
  size: u64,
  region: u16,
  padding: bytes(6),
});
/** Partition table entry of PMT builds and NAND, 0x60 bytes, little-endian. */
export const LegacyPmtEntry = struct('little', { name: text(64), size: u64, partId: u64, offset: u64, mask: u64 });
/** Status byte of SDMMC_READ_PMT: which GPT copy is valid, or ACK on PMT builds. */
export const LegacyTableState = { PRIMARY_GPT: 0x02, SECONDARY_GPT: 0x04, BOTH_GPT: 0x06, PMT: 0x5a } as const;

/** Arguments of SDMMC_WRITE_DATA after the opcode. */
export const LegacyWriteData = struct('big', {
  checksumLevel: u8,
  part: u8,
  address: u64,
  length: u64,
  packetSize: u32,
});
/** Arguments of SDMMC_WRITE_IMAGE after the opcode. */
export const LegacyWriteImage = struct('big', {
  checksumLevel: u8,
  part: u8,
  address: u64,
  length: u64,
  imageIndex: u8,
  imageStatus: u8,
});
/** Arguments of READ after the opcode; the host's packet size (u32) follows the first ACK. */
export const LegacyRead = struct('big', { hostOs: u8, storage: u8, address: u64, length: u64 });
/** Arguments of FORMAT after the opcode. */
export const LegacyFormat = struct('big', {
  storage: u8,
  eraseFlag: u8,
  validation: u8,
  addressType: u8,
  address: u64,
  length: u64,
});
/** Arguments of VERIFY_IMAGE_CHECKSUM after the opcode. */
export const LegacyVerifyImage = struct('big', {
  storage: u8,
  romType: u8,
  address: u64,
  length: u64,
  checksum: u16,
  imageIndex: u8,
  imageStatus: u8,
  name: text(16),
});
/** Boot loader record of DOWNLOAD_BLOADER, after its "exists" byte. */
export const LegacyBootLoaderRecord = struct('big', {
  device: u8,
  type: u16,
  beginAddress: u32,
  boundaryAddress: u32,
  attribute: u32,
  maxSize: u32,
  antiCloneEnable: u8,
  antiCloneOffset: u32,
  antiCloneLength: u32,
  size: u32,
  reservedBlocks: u8,
  alignType: u8,
});

/** Largest packet a legacy agent takes before it hangs, bytes. */
export const LEGACY_MAX_PACKET = 0x800000;
