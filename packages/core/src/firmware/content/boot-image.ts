import { array, bytes, latin1, struct, text, u32 } from '../../wire/index.js';
import type { Content } from './content.js';

/** Header versions 0 to 2; the fields behind `id` grow with the version. See docs/protocol/images.md, "Boot images". */
export const BootHeader = struct('little', {
  magic: text(8),
  kernelSize: u32,
  kernelAddress: u32,
  ramdiskSize: u32,
  ramdiskAddress: u32,
  secondSize: u32,
  secondAddress: u32,
  tagsAddress: u32,
  pageSize: u32,
  headerVersion: u32,
  osVersion: u32,
  name: text(16),
  commandLine: text(512),
  id: array(u32, 8),
  extraCommandLine: text(1024),
  // From version 1 on.
  recoveryDtboSize: u32,
  recoveryDtboOffset: bytes(8),
  headerSize: u32,
  // From version 2 on.
  dtbSize: u32,
  dtbAddress: bytes(8),
});

/** Header versions 3 and 4: pages of 4096 bytes, kernel and ramdisk only. */
export const BootHeaderV3 = struct('little', {
  magic: text(8),
  kernelSize: u32,
  ramdiskSize: u32,
  osVersion: u32,
  headerSize: u32,
  reserved: array(u32, 4),
  headerVersion: u32,
  commandLine: text(1536),
  // Version 4.
  signatureSize: u32,
});

export const VendorBootHeader = struct('little', {
  magic: text(8),
  headerVersion: u32,
  pageSize: u32,
  kernelAddress: u32,
  ramdiskAddress: u32,
  ramdiskSize: u32,
  commandLine: text(2048),
  tagsAddress: u32,
  name: text(16),
  headerSize: u32,
  dtbSize: u32,
  dtbAddress: bytes(8),
  // Version 4.
  ramdiskTableSize: u32,
  ramdiskTableEntries: u32,
  ramdiskTableEntrySize: u32,
  bootconfigSize: u32,
});

const BOOT_MAGIC = 'ANDROID!';
const VENDOR_MAGIC = 'VNDRBOOT';
const V3_PAGE = 4096;
const VERSION_AT = 40;
const NEWEST = 4;

export function readBootImage(head: Uint8Array): Content | undefined {
  if (latin1(head.subarray(0, 8)) !== BOOT_MAGIC) return undefined;
  const label = 'Android boot image';
  if (head.length < BootHeader.size) return { kind: 'boot', label, details: [], claims: BootHeader.size };
  // Both forms keep the version here, so that either can be told from the other.
  const version = head[VERSION_AT] as number;
  // Before there were versions, the size of an appended device tree stood here.
  const told = new DataView(head.buffer, head.byteOffset).getUint32(VERSION_AT, true);
  if (told > NEWEST && told < 0x1000) {
    return { kind: 'boot', label, details: [`header version ${told}, which is newer than this program knows`] };
  }
  if (told === 3 || told === 4) return readV3(head, version, label);
  const header = BootHeader.parse(head);
  const details = [`header version ${told <= 2 ? told : 0}`, ...systemOf(header.osVersion)];
  const name = header.name === '' ? {} : { name: header.name };
  if (!isPageSize(header.pageSize)) {
    return { kind: 'boot', label, ...name, details: [...details, `impossible page size ${header.pageSize}`] };
  }
  const parts = [
    header.kernelSize,
    header.ramdiskSize,
    header.secondSize,
    told > 2 ? told : 0,
    told >= 1 && told <= 2 ? header.recoveryDtboSize : 0,
    told === 2 ? header.dtbSize : 0,
  ];
  return { kind: 'boot', label, ...name, details, claims: claimed(header.pageSize, header.pageSize, parts) };
}

function readV3(head: Uint8Array, version: number, label: string): Content {
  const header = BootHeaderV3.parse(head);
  return {
    kind: 'boot',
    label,
    details: [
      `header version ${version}`,
      ...systemOf(header.osVersion),
      header.kernelSize === 0 ? 'no kernel: an init_boot image' : '',
    ].filter(Boolean),
    claims: claimed(V3_PAGE, V3_PAGE, [
      header.kernelSize,
      header.ramdiskSize,
      version === 4 ? header.signatureSize : 0,
    ]),
  };
}

export function readVendorBoot(head: Uint8Array): Content | undefined {
  if (latin1(head.subarray(0, 8)) !== VENDOR_MAGIC) return undefined;
  if (head.length < VendorBootHeader.size) {
    return { kind: 'vendor-boot', label: 'Android vendor boot image', details: [], claims: VendorBootHeader.size };
  }
  const header = VendorBootHeader.parse(head);
  const v4 = header.headerVersion >= 4;
  const claims = isPageSize(header.pageSize)
    ? claimed(header.pageSize, header.headerSize, [
        header.ramdiskSize,
        header.dtbSize,
        v4 ? header.ramdiskTableSize : 0,
        v4 ? header.bootconfigSize : 0,
      ])
    : undefined;
  return {
    kind: 'vendor-boot',
    label: 'Android vendor boot image',
    ...(header.name === '' ? {} : { name: header.name }),
    details: [`header version ${header.headerVersion}`],
    ...(claims === undefined ? {} : { claims }),
  };
}

function isPageSize(size: number): boolean {
  return size >= 512 && size <= 1 << 20 && (size & (size - 1)) === 0;
}

/** Every part begins on a page of its own; the last one need not fill its page. */
function claimed(page: number, header: number, parts: readonly number[]): number {
  let at = Math.ceil(header / page) * page;
  let end = at;
  for (const size of parts) {
    if (size === 0) continue;
    end = at + size;
    at += Math.ceil(size / page) * page;
  }
  return end;
}

/** Android's version and month of its security patches, packed into 32 bits; 0 when not told. */
function systemOf(packed: number): string[] {
  if (packed === 0) return [];
  const version = packed >>> 11;
  const numbers = [version >>> 14, (version >>> 7) & 0x7f, version & 0x7f];
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  const year = 2000 + ((packed >>> 4) & 0x7f);
  const month = packed & 0xf;
  const patch = month >= 1 && month <= 12 ? `, security patch ${year}-${String(month).padStart(2, '0')}` : '';
  return [`Android ${numbers.join('.')}${patch}`];
}
