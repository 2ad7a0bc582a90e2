/**
 * Facts of the boot ROM (BROM) and preloader protocol that host and virtual phone share.
 * All numbers on this wire are big-endian. See docs/protocol/bootrom.md.
 */

/** Handshake: each byte is answered by its one's complement. */
export const HANDSHAKE = [0xa0, 0x0a, 0x50, 0x05] as const;

/** Text that a preloader repeats about every 20 ms until a handshake or a boot-mode token arrives. */
export const READY_TEXT = 'READY';

/** Command bytes. */
export const BootCommand = {
  WRITE16_OLD: 0xa1,
  READ16_OLD: 0xa2,
  POWER_INIT: 0xc4,
  POWER_DEINIT: 0xc5,
  POWER_READ16: 0xc6,
  POWER_WRITE16: 0xc7,
  DIAGNOSTIC: 0xc8,
  READ16: 0xd0,
  READ32: 0xd1,
  WRITE16: 0xd2,
  WRITE16_NO_ECHO: 0xd3,
  WRITE32: 0xd4,
  JUMP_DA: 0xd5,
  JUMP_BL: 0xd6,
  SEND_DA: 0xd7,
  GET_TARGET_CONFIG: 0xd8,
  UART1_LOG_EN: 0xdb,
  UART1_SET_BAUDRATE: 0xdc,
  GET_BROM_LOG: 0xdd,
  JUMP_DA64: 0xde,
  GET_BROM_LOG_NEW: 0xdf,
  SEND_CERT: 0xe0,
  GET_ME_ID: 0xe1,
  SEND_AUTH: 0xe2,
  SLA: 0xe3,
  GET_SOC_ID: 0xe7,
  STAY_STILL: 0x80,
  GET_PL_CAP: 0xfb,
  GET_HW_SW_VER: 0xfc,
  GET_HW_CODE: 0xfd,
  GET_BL_VER: 0xfe,
  GET_VERSION: 0xff,
} as const;
export type BootCommand = (typeof BootCommand)[keyof typeof BootCommand];

/** A status below this is a success (0 and 1 both occur). */
export const FIRST_ERROR_STATUS = 0x1000;

/** Bits of GET_TARGET_CONFIG. */
export const TargetConfigBit = {
  SECURE_BOOT: 0x01,
  SERIAL_LINK_AUTHORISATION: 0x02,
  AGENT_AUTHENTICATION: 0x04,
  EPP_PARAMETERS: 0x08,
  ROOT_CERTIFICATE: 0x10,
  MEMORY_READ_AUTHENTICATION: 0x20,
  MEMORY_WRITE_AUTHENTICATION: 0x40,
  COMMAND_C8_BLOCKED: 0x80,
} as const;

/** Status words of BROM and preloader with their names. */
export const BOOT_STATUS: ReadonlyMap<number, string> = new Map([
  [0x0000, 'OK'],
  [0x0001, 'OK'],
  [0x1000, 'PL_READ_REGION_FORBIDDEN'],
  [0x1001, 'PL_WRITE_REGION_FORBIDDEN'],
  [0x1a1d, 'BROM_REGISTER_ACCESS_REFUSED'],
  [0x1d00, 'ADDRESS_TOO_HIGH_80000000'],
  [0x1d01, 'ADDRESS_TOO_HIGH_40000000'],
  [0x1d02, 'INVALID_ADDRESS'],
  [0x1d0c, 'NO_AUTH_NEEDED'],
  [0x1d0d, 'SLA_REQUIRED'],
  [0x1d0e, 'DA_OVERLAP'],
  [0x1d0f, 'INVALID_JUMP_ADDR'],
  [0x1d10, 'EXCEED_MAX_DA_BLOCKS'],
  [0x1d11, 'ADDR_NOT_16BITS_ALIGNED'],
  [0x1d12, 'INVALID_ADDR_AND_LEN'],
  [0x1d13, 'LEN_IS_ZERO'],
  [0x1d14, 'SIG_LEN_EXCEEDS_DA_LEN'],
  [0x1d15, 'SIG_LEN_ZERO_WITH_DAA'],
  [0x1d16, 'DA_NOT_EXIST'],
  [0x1d17, 'DA_BLOCKS_INCONSISTENT_WITH_TOOL_AUTH'],
  [0x1d18, 'DA_REJECTED_1D18'],
  [0x1d1d, 'BAUD_RATE_TOO_HIGH'],
  [0x1d21, 'DA_VERSION_NOT_SUPPORTED'],
  [0x2000, 'AUTH_IMAGE_VERIFY_FAIL'],
  [0x2001, 'DA_IMAGE_SIG_VERIFY_FAIL'],
  [0x2002, 'DA_IMAGE_NO_MEM'],
  [0x2003, 'DA_INIT_KEY_FAIL'],
  [0x2004, 'IMG_INIT_KEY_FAIL'],
  [0x2005, 'HASH_IMAGE_FAIL'],
  [0x2006, 'DA_RELOCATE_SIZE_NOT_ENOUGH'],
  [0x5a5b, 'DA_IN_BLACKLIST'],
  [0x6000, 'SBC_KEY_NOT_FOUND'],
  [0x6001, 'BR_SEC_CFG_NOT_FOUND'],
  [0x6002, 'PUBK_NOT_INITIALIZED'],
  [0x6003, 'SHA256_OP_FAIL'],
  [0x6004, 'PSS_CHECK_FAIL'],
  [0x6005, 'SIG_CHECK_FAIL'],
  [0x7000, 'REGION_INCLUDE'],
  [0x7001, 'REGION_OVERLAP'],
  [0x7002, 'REGION_OVERFLOW'],
  [0x7003, 'DA_INVALID_LOCATION'],
  [0x7004, 'DA_INVALID_LENGTH'],
  [0x7015, 'DAA_SIGNATURE_ERROR'],
  [0x7017, 'DAA_OR_AUTH_ERROR'],
  [0x7024, 'DAA_SIG_VERIFY_FAILED'],
  [0x8000, 'INVALID_SIGNATURE_SIZE'],
  [0x8001, 'INVALID_PADDING_SIZE'],
  [0xfffd, 'PL_MEMORY_OVERFLOW'],
  [0xfffe, 'PL_MEMORY_ZERO_LENGTH'],
  [0xffff, 'PL_MEMORY_ALIGNMENT'],
]);

/** Boot-mode tokens a preloader takes in place of the handshake, and its answer. */
export const BOOT_MODE_TOKENS = {
  meta: { token: 'METAMETA', answer: 'ATEMATEM' },
  factory: { token: 'FACTFACT', answer: 'TCAFTCAF' },
  'advanced-meta': { token: 'ADVEMETA', answer: 'ATEMEVDX' },
  'ate-factory': { token: 'FACTORYM', answer: 'MYROTCAF' },
  fastboot: { token: 'FASTBOOT', answer: 'TOOBTSAF' },
  normal: { token: 'AT+NBOOT', answer: 'AT+OK' },
} as const;
/** Answer to a META token on a phone whose owner may not use it. */
export const BOOT_MODE_FORBIDDEN = 'METAFORB';

/** USB identities. */
export const USB_VENDOR_MEDIATEK = 0x0e8d;
export const UsbProduct = { BROM: 0x0003, PRELOADER: 0x2000, AGENT: 0x2001, PRELOADER_ALT: 0x6000 } as const;
