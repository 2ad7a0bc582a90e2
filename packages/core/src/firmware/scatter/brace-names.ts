import type { ScatterOperation } from './scatter.js';

/** What the oldest scatter files leave unsaid and the original tool knows by heart, keyed by partition name. */
export interface BraceName {
  /** Files that belong there, likeliest first; `*` stands for any characters. */
  files: readonly string[];
  type: string;
  operation: ScatterOperation;
}

const raw = (...files: string[]): BraceName => ({ files, type: 'NORMAL_ROM', operation: 'UPDATE' });
const fileSystem = (...files: string[]): BraceName => ({ files, type: 'YAFFS_IMG', operation: 'UPDATE' });
const bootLoader = (type: string, ...files: string[]): BraceName => ({ files, type, operation: 'BOOTLOADERS' });
const masterBoot = (...files: string[]): BraceName => ({ files, type: 'MBR_BIN', operation: 'UPDATE' });
const kept = (operation: ScatterOperation): BraceName => ({ files: [], type: 'NORMAL_ROM', operation });

/** See docs/protocol/scatter.md, "Oldest form". */
const NAMES: Readonly<Record<string, BraceName>> = {
  PRELOADER: bootLoader('SV5_BL_BIN', 'preloader*.bin'),
  DSP_BL: bootLoader('NORMAL_ROM', 'DSP_BL', 'DSP_BL*'),
  MBR: masterBoot('MBR'),
  EBR1: masterBoot('EBR1'),
  EBR2: masterBoot('EBR2'),
  UBOOT: raw('lk.bin', 'uboot*.bin'),
  BOOTIMG: raw('boot.img'),
  RECOVERY: raw('recovery.img'),
  SEC_RO: raw('secro.img'),
  LOGO: raw('logo.bin'),
  ANDROID: fileSystem('system.img'),
  CACHE: fileSystem('cache.img'),
  USRDATA: fileSystem('userdata.img'),
  NVRAM: kept('BINREGION'),
  PRO_INFO: kept('PROTECTED'),
  PROTECT_F: kept('PROTECTED'),
  PROTECT_S: kept('PROTECTED'),
  // The memory card of the phone: the original tool lets it stay where and as it is.
  FAT: kept('RESERVED'),
  OTP: kept('RESERVED'),
  BMTPOOL: kept('RESERVED'),
  PMT: kept('INVISIBLE'),
  SECCFG: kept('INVISIBLE'),
  MISC: kept('INVISIBLE'),
  EXPDB: kept('INVISIBLE'),
};

/** Undefined for a name that the original tool has no rule for either. */
export function braceName(name: string): BraceName | undefined {
  const key = name.toUpperCase();
  return Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
}
