import type { Content, ContentKind } from './content.js';

/** What belongs to a partition. */
interface Expectation {
  partition: RegExp;
  kinds: readonly ContentKind[];
  /** Names inside MediaTek images that belong there. */
  names?: RegExp;
  /** For people: `an Android boot image`. */
  what: string;
}

const FILE_SYSTEMS: readonly ContentKind[] = ['file-system'];

/** By name without slot. A partition that is not here may hold anything. See docs/protocol/images.md, "What belongs where". */
const EXPECTATIONS: readonly Expectation[] = [
  {
    partition: /^(boot|bootimg|recovery|init_boot)$/,
    kinds: ['boot', 'mediatek'],
    names: /^(kernel|rootfs|recovery|boot)/i,
    what: 'an Android boot image',
  },
  { partition: /^(vendor_boot|vendor_kernel_boot)$/, kinds: ['vendor-boot'], what: 'an Android vendor boot image' },
  { partition: /^vbmeta/, kinds: ['vbmeta'], what: 'verified-boot metadata' },
  { partition: /^(dtbo|odmdtbo)$/, kinds: ['dtbo', 'mediatek'], names: /dtbo/i, what: 'device tree overlays' },
  {
    partition: /^(lk2?|uboot|bootloader2?)$/,
    kinds: ['mediatek'],
    names: /^(lk|uboot)/i,
    what: 'the boot loader (lk)',
  },
  { partition: /^logo$/, kinds: ['mediatek'], names: /logo/i, what: 'the start logo' },
  {
    partition: /^(tee[12]?|trustzone[12]?)$/,
    kinds: ['mediatek'],
    names: /^(atf|tee|tz)/i,
    what: 'the secure system (tee)',
  },
  { partition: /^md1img$/, kinds: ['mediatek'], names: /^md1/i, what: 'the modem' },
  { partition: /^md1dsp$/, kinds: ['mediatek'], names: /^md1/i, what: 'the modem’s signal processor' },
  { partition: /^scp[12]?$/, kinds: ['mediatek'], names: /scp/i, what: 'the sensor processor (scp)' },
  { partition: /^sspm(_?[12])?$/, kinds: ['mediatek'], names: /sspm/i, what: 'the power processor (sspm)' },
  { partition: /^spmfw$/, kinds: ['mediatek'], names: /spm/i, what: 'power management code (spmfw)' },
  { partition: /^gz[12]?$/, kinds: ['mediatek'], names: /gz/i, what: 'the hypervisor (gz)' },
  { partition: /^super$/, kinds: ['super'], what: 'a super image' },
  {
    partition: /^(system|android|vendor|product|odm|system_ext|oem|custom|cust)$/,
    kinds: [...FILE_SYSTEMS, 'ubi'],
    what: 'a file system',
  },
  {
    partition: /^(userdata|usrdata|cache|persist|metadata|protect[12]|protect_[fs]|nvdata|nvcfg)$/,
    kinds: [...FILE_SYSTEMS, 'ubi', 'mbr', 'blank'],
    what: 'a file system',
  },
  { partition: /^(pgpt|gpt)$/, kinds: ['gpt', 'mbr'], what: 'a partition table' },
  { partition: /^(mbr|ebr\d)$/, kinds: ['mbr'], what: 'a partition table (MBR)' },
  { partition: /^preloader2?$/, kinds: ['preloader'], what: 'a preloader' },
];

/** Never content of any partition: whatever else is odd, this is not a matter of opinion. */
const NEVER: readonly ContentKind[] = ['web-page', 'archive', 'agent', 'memory-settings'];

export interface ContentVerdict {
  /** `error`: nothing of this kind belongs to any partition. `warning`: it is not what usually lies there. */
  severity: 'warning' | 'error';
  /** `boot.img is an ext4 file system; to boot belongs an Android boot image.` */
  message: string;
}

/**
 * Compares what an image is with the partition it is meant for. Says nothing of content it does not know: makers put
 * all sorts of things into their own partitions.
 */
export function judgeContent(partition: string, fileName: string, content: Content): ContentVerdict | undefined {
  const { kind, label, name } = content;
  if (NEVER.includes(kind)) {
    const message = `${fileName} is no image of a partition: it is ${article(label)} ${label}.`;
    return { severity: 'error', message };
  }
  const bare = partition.toLowerCase().replace(/_[ab]$/, '');
  const expected = EXPECTATIONS.find((each) => each.partition.test(bare));
  const isPreloader = kind === 'preloader';
  if (!expected) {
    return isPreloader && !/loader|boot/.test(bare)
      ? { severity: 'warning', message: `${fileName} is a preloader, but it is meant for ${partition}.` }
      : undefined;
  }
  if (kind === 'unknown' || kind === 'sparse') return undefined;
  const fits =
    expected.kinds.includes(kind) &&
    (kind !== 'mediatek' ||
      name === undefined ||
      expected.names === undefined ||
      expected.names.test(name) ||
      !isRole(name));
  if (fits) return undefined;
  const is = kind === 'blank' || kind === 'empty' ? 'holds nothing' : `is ${article(label)} ${label}`;
  return { severity: 'warning', message: `${fileName} ${is}; to ${partition} belongs ${expected.what}.` };
}

/** Whether a name inside a MediaTek image is that of a role this program knows; makers use names of their own too. */
function isRole(name: string): boolean {
  return EXPECTATIONS.some((each) => each.names?.test(name));
}

function article(label: string): string {
  return /^[aeiou]/i.test(label) || /^(ext4|EROFS|F2FS|MBR)/.test(label) ? 'an' : 'a';
}
