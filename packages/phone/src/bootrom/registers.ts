import type { Profile } from '../profiles/profile.js';

/** Identity words of every chip, read by boot ROM and preloader themselves. */
const IDENTITY = 0x08000000;
const BLOCK = 0x1000;

const WATCHDOG_SOFTWARE_RESET = 0x14;
const WATCHDOG_RESET_KEY = 0x1209;
/** USBDL flag: high half is a magic, bit 0 enables it, bit 1 clear asks for the boot ROM. */
const USBDL_MAGIC = 0x444c;
const USBDL_ENABLED = 0x1;
const USBDL_NOT_BROM = 0x2;

/** The part of a chip's address space that a host can reach: 16-bit cells that keep what was written, zero before. */
export class Registers {
  readonly #blocks: NonNullable<Profile['registers']>;
  readonly #cells = new Map<number, number>();

  constructor(profile: Profile) {
    this.#blocks = profile.registers ?? {};
    [profile.hwCode, profile.hwSubCode, profile.hwVersion, profile.swVersion].forEach((value, i) => {
      this.#cells.set(IDENTITY + 4 * i, value);
    });
  }

  /** `width` 2 or 4 bytes; the address is a multiple of it. */
  read(address: number, width: 2 | 4): number {
    const low = this.#cells.get(address) ?? 0;
    if (width === 2) return low;
    return (((this.#cells.get(address + 2) ?? 0) << 16) | low) >>> 0;
  }

  /** What the write does to the chip: `brom` and `boot` are resets through the watchdog. */
  write(address: number, width: 2 | 4, value: number): 'stored' | 'brom' | 'boot' {
    this.#cells.set(address, value & 0xffff);
    if (width === 4) this.#cells.set(address + 2, value >>> 16);
    const { watchdog, usbdlFlag } = this.#blocks;
    if (watchdog === undefined || address !== watchdog + WATCHDOG_SOFTWARE_RESET) return 'stored';
    if ((value & 0xffff) !== WATCHDOG_RESET_KEY) return 'stored';
    const flag = usbdlFlag === undefined ? 0 : this.read(usbdlFlag, 4);
    const wantsBootRom = flag >>> 16 === USBDL_MAGIC && (flag & USBDL_ENABLED) !== 0 && (flag & USBDL_NOT_BROM) === 0;
    return wantsBootRom ? 'brom' : 'boot';
  }

  /** A preloader lets a host read the watchdog, the USBDL flag and the efuses. */
  preloaderMayRead(address: number, length: number): boolean {
    const { watchdog, usbdlFlag, efuse } = this.#blocks;
    return (
      inside(address, length, watchdog, BLOCK) ||
      inside(address, length, usbdlFlag, 4) ||
      inside(address, length, efuse, BLOCK)
    );
  }

  /** A preloader lets a host write the watchdog and the USBDL flag. */
  preloaderMayWrite(address: number, length: number): boolean {
    const { watchdog, usbdlFlag } = this.#blocks;
    return inside(address, length, watchdog, BLOCK) || inside(address, length, usbdlFlag, 4);
  }
}

function inside(address: number, length: number, block: number | undefined, size: number): boolean {
  return block !== undefined && address >= block && address + length <= block + size;
}
