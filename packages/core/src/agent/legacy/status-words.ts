import { hex, LegacyError, LegacyNandError } from '../../wire/index.js';

/** Names of status words in the field's own spelling, where it differs from `S_` + our constant. */
const FIELD_SPELLING: Partial<Record<number, string>> = {
  [LegacyError.INVALID_ARGUMENTS]: 'invalid arguments',
  [LegacyError.DA_NOR_NOT_FOUND]: 'S_DA_NOR_FLASH_NOT_FOUND',
  [LegacyError.DA_NAND_NOT_FOUND]: 'S_DA_NAND_FLASH_NOT_FOUND',
  [LegacyError.DA_BOOTLOADER_NOT_EXIST]: 'S_DA_NFB_BOOTLOADER_NOT_EXIST',
  [LegacyError.DA_DATA_CHECKSUM_ERROR]: 'S_DA_UART_DATA_CKSUM_ERROR',
  [LegacyError.DA_BOOTLOADER_DEVICE_NONE]: 'S_DA_DOWNLOAD_BOOTLOADER_FLASH_DEV_IS_NONE',
  [LegacyError.DA_BOOTLOADER_DEVICE_UNSUPPORTED]: 'S_DA_DOWNLOAD_BOOTLOADER_FLASH_DEV_IS_NOT_SUPPORTED',
  [LegacyError.DA_EMMC_NOT_FOUND]: 'S_DA_EMMC_FLASH_NOT_FOUND',
  [LegacyError.DA_SDMMC_NOT_FOUND]: 'S_DA_SDMMC_FLASH_NOT_FOUND',
  [LegacyError.DA_SDMMC_CONFIG]: 'S_DA_SDMMC_CONFIG_FAILED',
  [LegacyError.DA_SDMMC_CRC]: 'S_DA_SDMMC_ERR_CRC',
  [LegacyError.DA_SDMMC_TIMEOUT]: 'S_DA_SDMMC_ERR_TIMEOUT',
  [LegacyError.PRODUCT_INFO_NOT_SUPPORTED]: 'S_DA_READ_IMEI_PID_SWV_NOT_SUPPORT',
  [LegacyError.PMT_NO_SPACE]: 'S_DL_PMT_ERR_NO_SPACE',
  [LegacyError.SECURITY_DOWNLOAD_FORBIDDEN]: 'S_SECURITY_SF_CODE_DOWNLOAD_FORBIDDEN',
  [LegacyError.SECURITY_READBACK_FORBIDDEN]: 'S_SECURITY_SF_CODE_READBACK_FORBIDDEN',
  [LegacyError.SECURITY_FORMAT_FORBIDDEN]: 'S_SECURITY_SF_CODE_FORMAT_FORBIDDEN',
  [LegacyNandError.PAGE_PROGRAM_FAILED]: 'S_DA_NAND_PAGE_PROGRAM_FAILED',
  [LegacyNandError.SPARE_PROGRAM_FAILED]: 'S_DA_NAND_SPARE_PROGRAM_FAILED',
  3022: 'S_DA_NAND_HW_COPYBACK_FAILED',
  [LegacyNandError.ERASE_FAILED]: 'S_DA_NAND_ERASE_FAILED',
  [LegacyNandError.BAD_BLOCK]: 'S_DA_NAND_BAD_BLOCK',
  [LegacyNandError.ECC_UNCORRECTABLE]: 'S_DA_NAND_ECC_2BITS_ERR',
  [LegacyNandError.IMAGE_EXCEEDS_MAX]: 'S_DA_NAND_BIN_SIZE_EXCEED_MAX_SIZE',
  // Words of the DRAM set-up that carry no constant because nothing branches on them.
  3005: 'S_DA_DRAM_ABNORMAL_TYPE_SETTING',
  3006: 'S_DA_DRAMC_RANK0_CALIBRATION_FAILED',
  3007: 'S_DA_DRAMC_RANK1_CALIBRATION_FAILED',
  3008: 'S_DA_DRAM_NOT_SUPPORT',
  3009: 'S_DA_RAM_FLOARTING',
  3010: 'S_DA_RAM_UNACCESSABLE',
  6007: 'S_SECURITY_SF_SECURE_VER_CHECK_FAIL',
};

const CONSTANT_NAMES = new Map<number, string>(Object.entries(LegacyError).map(([name, word]) => [word, `S_${name}`]));

/** A status word as people search for it: `3154 (0xC52) S_DA_SDMMC_WRITE_FAILED`. */
export function nameOfWord(word: number): string {
  const name = FIELD_SPELLING[word] ?? CONSTANT_NAMES.get(word) ?? 'a word without a known name';
  return `${word} (0x${hex(word).slice(2).toUpperCase()}) ${name}`;
}

/** What to do about a refusal, safest first. */
export function nextStepsFor(word: number): string[] {
  switch (word) {
    case LegacyError.SECURITY_DOWNLOAD_FORBIDDEN:
    case LegacyError.SECURITY_READBACK_FORBIDDEN:
    case LegacyError.SECURITY_FORMAT_FORBIDDEN:
    case 0x1777:
      return [
        'This phone only accepts what its maker signed: use the complete firmware package of the maker with the Download Agent and authorisation file that come with it.',
      ];
    case LegacyError.PL_VALIDATION_FAIL:
      return ['Use the preloader of the firmware made for exactly this phone: its key does not fit this one.'];
    case LegacyError.DA_SDMMC_READ_FAILED:
    case LegacyError.DA_SDMMC_WRITE_FAILED:
    case LegacyError.DA_SDMMC_CRC:
    case LegacyError.DA_SDMMC_TIMEOUT:
    case LegacyError.DA_SDMMC_CONFIG:
    case LegacyNandError.PAGE_PROGRAM_FAILED:
    case LegacyNandError.SPARE_PROGRAM_FAILED:
    case LegacyNandError.ERASE_FAILED:
    case LegacyNandError.BAD_BLOCK:
    case LegacyNandError.ECC_UNCORRECTABLE:
      return [
        'Charge the battery, unplug, hold the power key for 15 seconds and repeat.',
        'If it fails again at the same place, the storage chip is worn out or loose: back up what still reads, then see a repair shop.',
      ];
    case LegacyError.DA_INVALID_BEGIN_ADDR:
    case LegacyError.DA_INVALID_RANGE:
      return ['Use a firmware whose partition layout fits the storage of this phone.'];
    case LegacyError.DA_DATA_CHECKSUM_ERROR:
      return ['Use another cable and another USB port, without a hub, and repeat.'];
    default:
      return ['Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.'];
  }
}
