/**
 * Facts of the XFlash ("V5") Download Agent protocol that host and virtual phone share.
 * Integers are little-endian. See docs/protocol/xflash-agent.md.
 */
import { array, bytes, struct, u8, u16, u32, u64 } from './struct.js';

export const XFLASH_MAGIC = 0xfeeeeeef;
/** "SYNC": sent by the host after the raw start byte, and by each stage when it is ready. */
export const XFLASH_SYNC = 0x434e5953;
/** The one raw byte that stage 1 sends before any frame. */
export const XFLASH_START_BYTE = 0xc0;

export const XflashFrameType = { PROTOCOL: 1, LOG: 2 } as const;
/** Header of every frame, 12 bytes. */
export const XflashFrameHeader = struct('little', { magic: u32, type: u32, length: u32 });

export const XflashCommand = {
  DOWNLOAD: 0x010001,
  UPLOAD: 0x010002,
  FORMAT: 0x010003,
  WRITE_DATA: 0x010004,
  READ_DATA: 0x010005,
  FORMAT_PARTITION: 0x010006,
  SHUTDOWN: 0x010007,
  BOOT_TO: 0x010008,
  DEVICE_CTRL: 0x010009,
  INIT_EXT_RAM: 0x01000a,
  SWITCH_USB_SPEED: 0x01000b,
  READ_OTP_ZONE: 0x01000c,
  WRITE_OTP_ZONE: 0x01000d,
  WRITE_EFUSE: 0x01000e,
  READ_EFUSE: 0x01000f,
  NAND_BMT_REMARK: 0x010010,
  SRAM_WRITE_TEST: 0x010011,
  SETUP_ENVIRONMENT: 0x010100,
  SETUP_HW_INIT_PARAMS: 0x010101,
} as const;

/** DEVICE_CTRL sub-codes. */
export const XflashControl = {
  SET_BATTERY_OPT: 0x020002,
  SET_CHECKSUM_LEVEL: 0x020003,
  SET_RESET_KEY: 0x020004,
  SET_META_BOOT_MODE: 0x020006,
  SET_REGISTER_VALUE: 0x020009,
  SET_EXTERNAL_SIG: 0x02000a,
  SET_REMOTE_SEC_POLICY: 0x02000b,
  SET_ALL_IN_ONE_SIG: 0x02000c,
  SET_RSC_INFO: 0x02000d,
  SET_REBOOT_MODE: 0x02000e,
  SET_CERT_FILE: 0x02000f,
  GET_EMMC_INFO: 0x040001,
  GET_NAND_INFO: 0x040002,
  GET_NOR_INFO: 0x040003,
  GET_UFS_INFO: 0x040004,
  GET_DA_VERSION: 0x040005,
  GET_PACKET_LENGTH: 0x040007,
  GET_RANDOM_ID: 0x040008,
  GET_PARTITION_TABLE_CATEGORY: 0x040009,
  GET_CONNECTION_AGENT: 0x04000a,
  GET_USB_SPEED: 0x04000b,
  GET_RAM_INFO: 0x04000c,
  GET_CHIP_ID: 0x04000d,
  GET_OTP_LOCK_STATUS: 0x04000e,
  GET_BATTERY_VOLTAGE: 0x04000f,
  GET_RPMB_STATUS: 0x040010,
  GET_EXPIRE_DATE: 0x040011,
  GET_DRAM_TYPE: 0x040012,
  GET_DEV_FW_INFO: 0x040013,
  GET_HRID: 0x040014,
  GET_ERROR_DETAIL: 0x040015,
  SLA_ENABLED_STATUS: 0x040016,
  START_DL_INFO: 0x080001,
  END_DL_INFO: 0x080002,
  CC_OPTIONAL_DOWNLOAD_ACT: 0x080005,
  STORAGE_LIFE_CYCLE_CHECK: 0x080007,
  RAM_TEST: 0x0e0002,
  READ_REGISTER: 0x0e0003,
} as const;

/** Status words a program has to know by name; the full list is the error catalogue's. */
export const XflashStatus = {
  OK: 0,
  CONTINUE: 0x40040004,
  COMPLETE: 0x40040005,
  ERROR: 0xc0010001,
  ABORT: 0xc0010002,
  UNSUPPORTED_CMD: 0xc0010003,
  UNSUPPORTED_CTRL_CODE: 0xc0010004,
  PROTOCOL_ERROR: 0xc0010005,
  PROTOCOL_BUFFER_OVERFLOW: 0xc0010006,
  SECURITY_FORBIDDEN: 0xc0020004,
  SECURITY_IMAGE_TOO_LARGE: 0xc0020005,
  SECURITY_POLICY: 0xc002000c,
  SIGNATURE_ALREADY_SET: 0xc0020042,
  /** The answer to the agent's challenge was not made with its maker's key. */
  SLA_ANSWER_WRONG: 0xc002004a,
  INVALID_STORAGE: 0xc0030006,
  ERASE_FAILED: 0xc0030007,
  NO_GPT: 0xc0030008,
  INVALID_SECTION: 0xc003000c,
  STORAGE_LIFE_WARNING: 0xc003001c,
  STORAGE_LIFE_EXHAUSTED: 0xc003001d,
  DEVICE_ERROR: 0xc0040001,
  CHECKSUM_ERROR: 0xc0040003,
  IMAGE_TOO_LARGE: 0xc0040004,
  UNKNOWN_SPARSE_CHUNK: 0xc0040005,
  PARTITION_NOT_FOUND: 0xc0040006,
  READ_PARTITION_TABLE_FAILED: 0xc0040007,
  STORAGE_NONE: 0xc0040009,
  DRAM_TEST_FAILED: 0xc004000a,
  ADDRESS_OUT_OF_RANGE: 0xc004000b,
  SPARSE_WRITE_FAILED: 0xc004000c,
  REGISTER_FORBIDDEN: 0xc004000d,
  PRELOADER_NOT_FOUND: 0xc004000e,
  EMMC_ERROR: 0xc0040030,
  DRAM_VERSION_MISMATCH: 0xc0040050,
  UFS_ERROR: 0xc0040060,
  DRAM_SETUP_FAILED: 0xc0050005,
  DA_VERSION_INCORRECT: 0xc0070001,
  DA_HASH_MISMATCH: 0xc0070004,
  EMI_TOO_MANY_RECORDS: 0xc0070005,
} as const;

/** SETUP_ENVIRONMENT parameters, 20 bytes. `systemOs` 1 = Linux: the agent then reads in 64 KiB packets, else 2 MiB. */
export const XflashEnvironment = struct('little', {
  logLevel: u32,
  logChannel: u32,
  systemOs: u32,
  ufsProvision: u32,
  reserved: u32,
});

/** BOOT_TO parameters, 16 bytes. */
export const XflashBootTo = struct('little', { address: u64, length: u64 });

/** Flash-operation block of READ_DATA, WRITE_DATA and FORMAT: exactly 56 bytes, longer ones desynchronise the agent. */
export const XflashFlashBlock = struct('little', {
  storage: u32,
  section: u32,
  address: u64,
  length: u64,
  nandCellUsage: u32,
  nandAddressType: u32,
  nandBinType: u32,
  nandRegion: u32,
  operation: u32,
  nandSysSlcPercent: u32,
  nandUserSlcPercent: u32,
  nandPhysicalMaxKib: u32,
});

/** SHUTDOWN parameters, 24 bytes; a longer frame is answered but not obeyed. */
export const XflashShutdown = struct('little', {
  isReboot: u32,
  timeoutMs: u32,
  async: u32,
  bootUp: u32,
  downloadBit: u32,
  keepRtc: u32,
});

export const XflashStorage = { NONE: 0, EMMC: 1, SDMMC: 2, NAND: 0x10, NOR: 0x20, UFS: 0x30 } as const;
export const XflashEmmcSection = { BOOT1: 1, BOOT2: 2, RPMB: 3, GP1: 4, GP2: 5, GP3: 6, GP4: 7, USER: 8 } as const;
export const XflashUfsSection = { LU0: 1, LU1: 2, LU2: 3 } as const;

/** EMMC_INFO base form, 96 bytes; builds from 2019-06 on append {@link XflashStorageLife}. */
export const XflashEmmcInfo = struct('little', {
  type: u32,
  blockSize: u32,
  boot1Size: u64,
  boot2Size: u64,
  rpmbSize: u64,
  gpSizes: array(u64, 4),
  userSize: u64,
  cid: bytes(16),
  firmwareVersion: bytes(8),
});
export const XflashStorageLife = struct('little', { preEol: u8, lifeA: u8, lifeB: u8, padding: u8, status: u32 });

/** Start of UFS_INFO; the whole block is 208 bytes (56 before 2019). */
export const XflashUfsInfoHead = struct('little', {
  type: u32,
  blockSize: u32,
  lu0Size: u64,
  lu1Size: u64,
  lu2Size: u64,
});
export const XFLASH_UFS_INFO_SIZE = 208;
export const XFLASH_NAND_INFO_SIZE = 48;
export const XFLASH_NOR_INFO_SIZE = 16;

/** One record of RAM_INFO (64-bit form); the block is SRAM, then DRAM. */
export const XflashRamRecord = struct('little', { type: u32, padding: u32, base: u64, size: u64 });
export const XflashRamType = { NONE: 0, DRAM: 1, SRAM: 2 } as const;

export const XflashChipId = struct('little', {
  hwCode: u16,
  hwSubCode: u16,
  hwVersion: u16,
  swVersion: u16,
  reserved: u32,
});
export const XflashPacketLength = struct('little', { write: u32, read: u32 });
