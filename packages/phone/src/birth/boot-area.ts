/** What lies in the boot areas of a phone that works: device header, BRLYT and a preloader (docs/formats: preloader). */
import type { StorageKind } from '@unbrick/core';
import {
  ascii,
  BootDevice,
  bytes,
  concat,
  NAND_DEVICE_NAME,
  NandDeviceHeader,
  struct,
  text,
  u8,
  u16,
  u32,
} from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import type { Noise } from './random.js';

const BRLYT_AT = 0x200;
/** Name of the device header and place of the first image, by storage. */
const BOOT_FORMS: Partial<Record<StorageKind, { name: string; firstImage: number }>> = {
  emmc: { name: 'EMMC_BOOT', firstImage: 0x800 },
  ufs: { name: 'UFS_BOOT', firstImage: 0x1000 },
};
/** A combined header serves both kinds of storage. */
const HEADER_NAMES = ['EMMC_BOOT', 'UFS_BOOT', 'COMBO_BOOT'];
const DEVICE_EMMC_BOOT = 5;

const DeviceHeader = struct('little', { name: text(12), version: u32, brlytOffset: u32 });
const Brlyt = struct('little', { name: text(8), version: u32, firstImage: u32, boundary: u32 });
const BrlytDescriptor = struct('little', {
  magic: text(4),
  device: u16,
  type: u16,
  begin: u32,
  boundary: u32,
  attribute: u32,
});
const GfhFileInfo = struct('little', {
  magic: bytes(3),
  headerVersion: u8,
  headerSize: u16,
  headerType: u16,
  name: text(12),
  fileVersion: u32,
  fileType: u16,
  flashDevice: u8,
  signatureType: u8,
  loadAddress: u32,
  fileLength: u32,
  maxSize: u32,
  contentOffset: u32,
  signatureLength: u32,
  jumpOffset: u32,
  attributes: u32,
});
const FileType = { ARM_BOOT_LOADER: 1 } as const;
const SIGNATURE_HASH = 1;

/** Content of both boot regions of a newborn phone. @throws RangeError for storage without a known boot header */
export function bootArea(profile: Profile, noise: Noise): Uint8Array {
  const form = BOOT_FORMS[profile.storage.kind];
  if (!form) throw new RangeError(`no boot header is known for ${profile.storage.kind} storage`);
  const { name, firstImage } = form;
  const preloader = factoryPreloader(profile, noise);
  const boundary = firstImage + Math.ceil(preloader.length / 0x200) * 0x200;
  const area = new Uint8Array(boundary);
  area.fill(0xff, 0, BRLYT_AT);
  area.set(DeviceHeader.build({ name, version: 1, brlytOffset: BRLYT_AT }), 0);
  area.set(Brlyt.build({ name: 'BRLYT', version: 1, firstImage, boundary }), BRLYT_AT);
  const descriptor = BrlytDescriptor.build({
    magic: 'BBBB',
    device: DEVICE_EMMC_BOOT,
    type: 1,
    begin: firstImage,
    boundary,
    attribute: 1,
  });
  area.set(descriptor, BRLYT_AT + Brlyt.size);
  area.set(preloader, firstImage);
  return area;
}

/** The same on NAND: the geometry in the first page, the layout in the second, the preloader from the third on. */
export function nandBootArea(profile: Profile, noise: Noise): Uint8Array {
  const { nand, blockSize: pageSize, regions } = profile.storage;
  if (!nand) throw new RangeError(`${profile.name} has no NAND`);
  const preloader = factoryPreloader(profile, noise, BootDevice.NAND_SEQUENTIAL);
  const begin = 2 * pageSize;
  const boundary = begin + Math.ceil(preloader.length / pageSize) * pageSize;
  const area = new Uint8Array(boundary).fill(0xff);
  area.set(
    NandDeviceHeader.build({
      name: NAND_DEVICE_NAME,
      version: 'V006',
      id: 'NFIINFO',
      ioInterface: nand.ioInterface,
      pageSize,
      addressCycles: nand.addressCycles,
      spareSize: nand.spareSize,
      pagesPerBlock: nand.pagesPerBlock,
      blocks: (regions.nand ?? 0) / (pageSize * nand.pagesPerBlock),
      padding: new Uint8Array(8),
    }),
  );
  area.set(Brlyt.build({ name: 'BRLYT', version: 1, firstImage: begin, boundary }), pageSize);
  const device = BootDevice.NAND_SEQUENTIAL;
  area.set(
    BrlytDescriptor.build({ magic: 'BBBB', device, type: 1, begin, boundary, attribute: 1 }),
    pageSize + Brlyt.size,
  );
  area.set(preloader, begin);
  return area;
}

/** A stand-in for the maker's preloader: real headers, noise for code. */
function factoryPreloader(
  { platform, project }: Profile,
  noise: Noise,
  flashDevice: number = DEVICE_EMMC_BOOT,
): Uint8Array {
  const code = concat(ascii(`${platform} preloader of the virtual phone, project ${project}\0`), noise.bytes(24_576));
  const signatureLength = 0x124;
  const fileLength = GfhFileInfo.size + code.length + signatureLength;
  const info = GfhFileInfo.build({
    magic: ascii('MMM'),
    headerVersion: 1,
    headerSize: GfhFileInfo.size,
    headerType: 0,
    name: 'FILE_INFO',
    fileVersion: 1,
    fileType: FileType.ARM_BOOT_LOADER,
    flashDevice,
    signatureType: SIGNATURE_HASH,
    loadAddress: 0x200d00,
    fileLength,
    maxSize: 0x40000,
    contentOffset: GfhFileInfo.size,
    signatureLength,
    jumpOffset: GfhFileInfo.size,
    attributes: 0xc2600001,
  });
  return concat(info, code, noise.bytes(signatureLength));
}

/** True when the boot ROM would find something to start here: a device header with its layout, or a bare preloader. */
export function looksBootable(head: Uint8Array): boolean {
  if (startsWith(head, ascii('MMM\x01'))) return true;
  if (startsWith(head, ascii(NAND_DEVICE_NAME))) {
    return startsWith(head.subarray(NandDeviceHeader.parse(head).pageSize), ascii('BRLYT'));
  }
  if (!HEADER_NAMES.some((name) => startsWith(head, ascii(name)))) return false;
  const { brlytOffset } = DeviceHeader.parse(head);
  return startsWith(head.subarray(brlytOffset), ascii('BRLYT'));
}

function startsWith(source: Uint8Array, wanted: Uint8Array): boolean {
  return source.length >= wanted.length && wanted.every((byte, i) => source[i] === byte);
}
