import { buildGpt } from '@unbrick/core';
import { concat, crc32, encode, SparseChunkHeader, SparseHeader, u16, u32 } from '@unbrick/core/wire';
import { practiceFirmware } from '@unbrick/phone';
import { loadProfile } from '@unbrick/phone/node';
import { agentFileBytes } from '../../packages/core/src/firmware/agent-file.fixture.js';
import { BootHeader, VendorBootHeader } from '../../packages/core/src/firmware/content/boot-image.js';
import { MediatekImageHeader } from '../../packages/core/src/firmware/content/mediatek-image.js';
import {
  gptScatter,
  headText,
  multiScatter,
  partitionText,
  xmlScatter,
} from '../../packages/core/src/firmware/scatter/scatter-text.fixture.js';
import { zipBytes } from '../../packages/core/src/firmware/zip/zip.fixture.js';
import {
  PMT_COPY_SIZE,
  PMT_DISTANCE_FROM_END,
  PMT_MAIN_MAGICS,
  PMT_MIRROR_MAGICS,
  PmtHead,
} from '../../packages/core/src/storage/pmt.js';
import { PmtEntry32, PmtEntry64 } from '../../packages/core/src/storage/pmt-entries.js';

/** Good input for every parser, small. */

export { gptScatter, multiScatter, xmlScatter };

export const text = (value: string) => new TextEncoder().encode(value);

export const BRACE_NAND =
  'PRELOADER 0x0\n{\n}\nDSP_BL 0x40000\n{\n}\n__NODL_NVRAM 0x100000\n{\n}\nUBOOT 0x420000\n{\n}\n__NODL_BMTPOOL 0xFFFF0050\n{\n}\n';
export const BRACE_EMMC = BRACE_NAND.replace('__NODL_NVRAM 0x100000', 'MBR 0x600000').replace('0x420000', '0x684000');
export const CHECKSUM_INI = '[IsEnableChecksum]\r\nCHECKSUM_SWITCH=1\r\n[CheckSum]\r\nboot=0x93af\r\nlogo=0x0\r\n';
export const CHECKSUM_XML =
  '<scatter><version>1.0</version><images><file name="a.img" chk_method="ADD" checksum="0x12"/></images></scatter>';
export const MD5_LIST = '900150983cd24fb0d6963f7d28e17f72  boot.img\n900150983cd24fb0d6963f7d28e17f72 *lk.bin\n';

/** Physical addresses left at 0, as real files of the MBR generation have them. */
export const linearScatter = () =>
  headText() +
  partitionText(0, 'MBR', { linear_start_addr: '0xc00000' }) +
  partitionText(1, 'EBR1', { linear_start_addr: '0xc80000' }) +
  partitionText(2, 'ANDROID', { linear_start_addr: '0xd80000', partition_size: '0x94000000' });

export const zip = () =>
  zipBytes([
    { name: 'rom/MT6735_Android_scatter.txt', content: gptScatter() },
    { name: 'rom/boot.img', content: new Uint8Array(3000).fill(7) },
    { name: 'rom/lk.bin', content: 'stored as it is', stored: true },
  ]);

const practised = loadProfile('mt6735-emmc').then((profile) => practiceFirmware(profile));

async function practice(pattern: RegExp): Promise<Uint8Array> {
  for (const [name, bytes] of await practised) if (pattern.test(name)) return bytes;
  throw new Error(`the practice firmware has no file like ${pattern}`);
}

export async function preloaders(): Promise<Uint8Array[]> {
  const plain = await practice(/^preloader/);
  const bootArea = new Uint8Array(0x800 + plain.length);
  bootArea.set(text('EMMC_BOOT'));
  bootArea.set(text('BRLYT'), 0x200);
  bootArea.set(concat(encode(u32, 'little', 1), encode(u32, 'little', 0x800)), 0x208);
  bootArea.set(plain, 0x800);
  return [plain, bootArea];
}

export async function emiTables(): Promise<Uint8Array[]> {
  const plain = await practice(/^preloader/);
  const at = Buffer.from(plain).indexOf('MTK_BLOADER_INFO_v');
  return [plain.slice(at, at + 0x70 + 2 * 188)];
}

export async function agentFiles(): Promise<Uint8Array[]> {
  return [agentFileBytes({ entries: [{ hwCode: 0x6735 }, { hwCode: 0x6580 }] }), await practice(/DA.*\.bin$/)];
}

export function sparseImages(): Uint8Array[] {
  const chunk = (type: number, blocks: number, payload: Uint8Array) =>
    concat(SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: 12 + payload.length }), payload);
  const chunks = [
    chunk(0xcac1, 2, new Uint8Array(128).fill(1)),
    chunk(0xcac3, 5, new Uint8Array(0)),
    chunk(0xcac2, 3, Uint8Array.of(1, 2, 3, 4)),
    chunk(0xcac4, 0, new Uint8Array(4)),
    chunk(0xcac1, 1, new Uint8Array(64).fill(9)),
  ];
  const header = SparseHeader.build({
    magic: 0xed26ff3a,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize: 28,
    chunkHeaderSize: 12,
    blockSize: 64,
    totalBlocks: 11,
    totalChunks: chunks.length,
    imageChecksum: 0,
  });
  return [concat(header, ...chunks)];
}

/** Size of the storage that partition tables are read from, bytes: just enough for a PMT. */
export const DISK_BYTES = 0x140000;

export function gptDisk(sectorSize: number): Uint8Array {
  const partitions = [
    { name: 'boot', start: 0x20000, length: 0x8000 },
    { name: 'nvram', start: 0x28000, length: 0x10000 },
  ];
  return buildGpt(partitions, DISK_BYTES, sectorSize).primary;
}

/** Puts the two checksums of a GPT with sectors of 512 bytes right. */
export function repairGpt(bytes: Uint8Array): void {
  if (bytes.length < 34 * 512) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(512 + 88, crc32(bytes.subarray(1024, 1024 + 128 * 128)), true);
  view.setUint32(512 + 16, 0, true);
  const size = Math.min(512, Math.max(92, view.getUint32(512 + 12, true)));
  view.setUint32(512 + 16, crc32(bytes.subarray(512, 512 + size)), true);
}

export function pmtDisks(): Uint8Array[] {
  const rows = [
    { name: 'PRELOADER', offset: 0, size: 0x40000, mask: 0 },
    { name: 'MBR', offset: 0, size: 0x4000, mask: 0 },
    { name: 'NVRAM', offset: 0x4000, size: 0x8000, mask: 0 },
  ];
  return [PmtEntry32, PmtEntry64].map((layout) => {
    const disk = new Uint8Array(DISK_BYTES);
    for (const [i, magic] of [PMT_MAIN_MAGICS[0], PMT_MIRROR_MAGICS[0]].entries()) {
      const copy = new Uint8Array(PMT_COPY_SIZE);
      copy.set(
        concat(PmtHead.build({ magic: magic as number, version: '1.0' }), ...rows.map((row) => layout.build(row))),
      );
      copy.set(encode(u32, 'little', magic as number), PMT_COPY_SIZE - 4);
      disk.set(copy, DISK_BYTES - PMT_DISTANCE_FROM_END + i * PMT_COPY_SIZE);
    }
    return disk.slice(0, DISK_BYTES - PMT_DISTANCE_FROM_END + 2 * PMT_COPY_SIZE);
  });
}

export function mbrDisk(): Uint8Array {
  const disk = new Uint8Array(8192);
  const entry = (at: number, type: number, first: number, sectors: number) => {
    disk[at + 4] = type;
    disk.set(concat(encode(u32, 'little', first), encode(u32, 'little', sectors)), at + 8);
  };
  entry(446, 0x83, 64, 100);
  entry(462, 0x05, 4, 200);
  entry(4 * 512 + 446, 0x83, 10, 90);
  entry(4 * 512 + 462, 0x05, 4, 50);
  entry(8 * 512 + 446, 0x83, 10, 20);
  for (const sector of [0, 4, 8]) disk.set(encode(u16, 'little', 0xaa55), sector * 512 + 510);
  return disk;
}

export function images(): Uint8Array[] {
  const zeros = <T>(layout: { parse(bytes: Uint8Array): T; size: number }) => layout.parse(new Uint8Array(layout.size));
  const padded = (bytes: Uint8Array) => concat(bytes, new Uint8Array(3000));
  const ext4 = new Uint8Array(4096);
  ext4.set([0x53, 0xef], 0x438);
  return [
    padded(BootHeader.build({ ...zeros(BootHeader), magic: 'ANDROID!', pageSize: 2048, kernelSize: 900 })),
    padded(VendorBootHeader.build({ ...zeros(VendorBootHeader), magic: 'VNDRBOOT', pageSize: 4096 })),
    padded(MediatekImageHeader.build({ ...zeros(MediatekImageHeader), magic: 0x58881688, name: 'lk', dataSize: 100 })),
    ext4,
    padded(text('AVB0')),
    padded(text('hsqs')),
    padded(Uint8Array.of(0xd7, 0xb7, 0xab, 0x1e, 0, 0, 2, 0)),
  ];
}
