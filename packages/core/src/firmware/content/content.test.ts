import { describe, expect, it, test } from 'vitest';
import { ascii, concat, encode, struct, u16, u32, viewOf } from '../../wire/index.js';
import { peekImage } from '../peek-image.js';
import { MemorySource } from '../source.js';
import { BootHeader, BootHeaderV3, VendorBootHeader } from './boot-image.js';
import { CONTENT_BYTES, contentOf } from './content.js';
import { judgeContent } from './expectation.js';
import { MEDIATEK_IMAGE_MAGIC, MediatekImageHeader, mediatekPart } from './mediatek-image.js';
import { VbmetaHeader } from './vbmeta.js';

const zeros = <T extends { parse(bytes: Uint8Array): unknown; size: number }>(layout: T) =>
  layout.parse(new Uint8Array(layout.size)) as ReturnType<T['parse']>;
const padded = (bytes: Uint8Array) => concat(bytes, new Uint8Array(CONTENT_BYTES)).slice(0, CONTENT_BYTES);
const at = (offset: number, ...parts: Uint8Array[]) => padded(concat(new Uint8Array(offset), ...parts));
const le = (value: number) => encode(u32, 'little', value);

const boot = (fields: Partial<ReturnType<typeof BootHeader.parse>>) =>
  padded(BootHeader.build({ ...zeros(BootHeader), magic: 'ANDROID!', pageSize: 2048, ...fields }));
const bootV3 = (fields: Partial<ReturnType<typeof BootHeaderV3.parse>>) =>
  padded(BootHeaderV3.build({ ...zeros(BootHeaderV3), magic: 'ANDROID!', headerVersion: 4, ...fields }));
const mediatek = (name: string, fields: Partial<ReturnType<typeof MediatekImageHeader.parse>> = {}) =>
  padded(
    MediatekImageHeader.build({
      ...zeros(MediatekImageHeader),
      magic: MEDIATEK_IMAGE_MAGIC,
      name,
      dataSize: 1000,
      ...fields,
    }),
  );

/** Android 10, security patch of May 2020. */
const OS = (10 << 25) | (20 << 4) | 5;

describe('what an image is', () => {
  test.each<[string, Uint8Array, object]>([
    ['an empty file', new Uint8Array(0), { kind: 'empty' }],
    ['zeros', new Uint8Array(100), { kind: 'blank', label: 'begins with 0x00 only' }],
    ['erased flash', new Uint8Array(100).fill(0xff), { kind: 'blank', label: 'begins with 0xff only' }],
    ['noise', Uint8Array.of(1, 2, 3), { kind: 'unknown' }],
    ['a sparse image', Uint8Array.of(0x3a, 0xff, 0x26, 0xed), { kind: 'sparse' }],
    ['a GPT', at(0x200, ascii('EFI PART')), { kind: 'gpt' }],
    ['a GPT with large sectors', at(0x1000, ascii('EFI PART')), { kind: 'gpt', label: /4096/ }],
    ['an MBR', at(0x1fe, Uint8Array.of(0x55, 0xaa)), { kind: 'mbr' }],
    ['a preloader', padded(Uint8Array.of(0x4d, 0x4d, 0x4d, 1)), { kind: 'preloader' }],
    ['a preloader for an SD card', padded(ascii('SDMMC_BOOT\0')), { kind: 'preloader' }],
    ['a super image', at(0x1000, le(0x616c4467)), { kind: 'super' }],
    ['secure data', padded(ascii('AND_AC_REGION')), { kind: 'secro' }],
    ['a web page', padded(ascii('\r\n<!DOCTYPE html><html>')), { kind: 'web-page' }],
    ['a zip', padded(ascii('PK\x03\x04')), { kind: 'archive' }],
    ['an agent', padded(ascii('MTK_DOWNLOAD_AGENT')), { kind: 'agent' }],
    ['an unfinished boot image', ascii('ANDROID!....'), { kind: 'boot', claims: BootHeader.size }],
    [
      'a boot image of version 0',
      boot({ kernelSize: 5000, ramdiskSize: 3000, name: 'demo', osVersion: OS }),
      {
        kind: 'boot',
        name: 'demo',
        details: ['header version 0', 'Android 10, security patch 2020-05'],
        claims: 2048 + 6144 + 3000,
      },
    ],
    [
      'a boot image of version 2',
      boot({ headerVersion: 2, kernelSize: 5000, ramdiskSize: 3000, dtbSize: 100 }),
      { kind: 'boot', details: ['header version 2'], claims: 2048 + 6144 + 4096 + 100 },
    ],
    [
      'a boot image with a device tree behind it',
      boot({ headerVersion: 0x8000, kernelSize: 1 }),
      { kind: 'boot', details: ['header version 0'], claims: 2048 + 2048 + 0x8000 },
    ],
    ['a boot image of the future', boot({ headerVersion: 9 }), { kind: 'boot', details: [/newer/] }],
    [
      'a boot image with pages of 3',
      boot({ pageSize: 3 }),
      { kind: 'boot', details: [expect.anything(), /impossible/] },
    ],
    [
      'a boot image of version 4',
      bootV3({ kernelSize: 5000, ramdiskSize: 3000, signatureSize: 10, osVersion: OS }),
      {
        kind: 'boot',
        details: ['header version 4', 'Android 10, security patch 2020-05'],
        claims: 4096 + 8192 + 4096 + 10,
      },
    ],
    ['an init_boot image', bootV3({ ramdiskSize: 1 }), { kind: 'boot', details: ['header version 4', /init_boot/] }],
    [
      'a vendor boot image',
      padded(
        VendorBootHeader.build({
          ...zeros(VendorBootHeader),
          magic: 'VNDRBOOT',
          headerVersion: 3,
          pageSize: 4096,
          headerSize: 2112,
          ramdiskSize: 5000,
          dtbSize: 7,
        }),
      ),
      { kind: 'vendor-boot', details: ['header version 3'], claims: 4096 + 8192 + 7 },
    ],
    [
      'verified-boot metadata',
      padded(
        VbmetaHeader.build({ ...zeros(VbmetaHeader), magic: 'AVB0', algorithm: 1, flags: 2, release: 'avbtool 1.1.0' }),
      ),
      { kind: 'vbmeta', details: ['signed', 'made by avbtool 1.1.0', 'verification switched off'], claims: 256 },
    ],
    [
      'overlays',
      padded(
        concat(
          Uint8Array.of(0xd7, 0xb7, 0xab, 0x1e),
          encode(u32, 'big', 500),
          new Uint8Array(8),
          encode(u32, 'big', 3),
        ),
      ),
      { kind: 'dtbo', details: ['3 overlays'], claims: 500 },
    ],
    [
      'a MediaTek image',
      mediatek('md1rom'),
      { kind: 'mediatek', name: 'md1rom', label: 'MediaTek image "md1rom"', claims: 1512 },
    ],
    ['a MediaTek image without a name', mediatek('\x01'), { kind: 'mediatek', label: 'MediaTek image' }],
    [
      'ext4',
      at(
        0x400,
        le(0),
        le(1000),
        new Uint8Array(16),
        le(2),
        new Uint8Array(0x1c),
        encode(u16, 'little', 0xef53),
        new Uint8Array(0x3e),
        ascii('vendor\0'),
      ),
      { kind: 'file-system', label: 'ext4 file system', name: 'vendor', claims: 4_096_000 },
    ],
    ['F2FS', at(0x400, le(0xf2f52010)), { kind: 'file-system', label: 'F2FS file system' }],
    [
      'EROFS',
      at(0x400, le(0xe0f5e1e2), new Uint8Array(8), Uint8Array.of(12), new Uint8Array(23), le(9)),
      { kind: 'file-system', label: 'EROFS file system', claims: 9 * 4096 },
    ],
    ['SquashFS', padded(concat(ascii('hsqs'), new Uint8Array(36), le(777))), { kind: 'file-system', claims: 777 }],
  ])('%s', (_what, head, expected) => {
    const patterns = (value: unknown): unknown =>
      value instanceof RegExp ? expect.stringMatching(value) : Array.isArray(value) ? value.map(patterns) : value;
    const wanted = Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, patterns(value)]));
    expect(contentOf(head)).toMatchObject(wanted);
  });

  it('finds the parts of a MediaTek image one behind the other', () => {
    const signed = { extensionMagic: 0x58891689, headerSize: 512, alignment: 16 };
    const head = mediatek('lk', signed);
    const part = mediatekPart(head);
    expect(part).toEqual({ name: 'lk', offset: 512, size: 1000, certificate: false, last: false, next: 512 + 1008 });
    const cert = mediatek('cert1', { ...signed, imageType: 2 << 24, lastInList: 1 });
    expect(mediatekPart(cert)).toMatchObject({ name: 'cert1', certificate: true, last: true });
    expect(MediatekImageHeader.size).toBe(512);
  });

  it('is seen through the head of a sparse image, however long that is', async () => {
    const head = struct('little', {
      magic: u32,
      major: u16,
      minor: u16,
      head: u16,
      chunk: u16,
      block: u32,
      blocks: u32,
      chunks: u32,
      sum: u32,
    });
    const chunk = struct('little', { type: u16, reserved: u16, blocks: u32, total: u32 });
    const start = concat(
      head.build({
        magic: 0xed26ff3a,
        major: 1,
        minor: 0,
        head: 28,
        chunk: 12,
        block: 4096,
        blocks: 2_000_000,
        chunks: 1,
        sum: 0,
      }),
      chunk.build({ type: 0xcac1, reserved: 0, blocks: 4, total: 16396 }),
      at(0x400, le(0xf2f52010)),
      new Uint8Array(20_000),
    );
    let read = 0;
    const source = new MemorySource('userdata.img', start);
    const peek = await peekImage({
      name: source.name,
      size: source.size,
      read: (offset, length) => {
        read += length;
        return source.read(offset, length);
      },
    });
    expect(peek).toMatchObject({ kind: 'sparse', expandedSize: 8_192_000_000, content: { label: 'F2FS file system' } });
    expect(read).toBeLessThan(20_000);
  });

  it('is told of any bytes without failing', () => {
    let state = 7;
    for (let round = 0; round < 300; round++) {
      const bases = [boot({}), bootV3({}), mediatek('x'), at(0x400, le(0xe0f5e1e2)), new Uint8Array(2000)];
      const head = bases[round % bases.length] as Uint8Array;
      for (let i = 0; i < 40; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        head[(state >>> 8) % head.length] = state & 0xff;
      }
      const content = contentOf(head.subarray(0, state % head.length));
      if (content.claims !== undefined && !Number.isSafeInteger(content.claims)) throw new Error(`${content.claims}`);
      viewOf(head);
    }
  });
});

describe('an image and the partition it is meant for', () => {
  const judge = (partition: string, head: Uint8Array) => judgeContent(partition, 'x.img', contentOf(head));
  const ext4 = at(0x438, Uint8Array.of(0x53, 0xef));

  test.each<[string, Uint8Array]>([
    ['boot', boot({})],
    ['boot_a', boot({})],
    ['recovery', mediatek('RECOVERY')],
    ['lk', mediatek('lk')],
    ['lk2', mediatek('lk_main')],
    ['tee1', mediatek('atf')],
    ['logo', mediatek('LOGO')],
    ['scp1', mediatek('tinysys-scp-CM4_A')],
    ['md1img', mediatek('md1rom')],
    ['dtbo', mediatek('dtbo')],
    ['system', ext4],
    ['userdata', new Uint8Array(100)],
    ['oem_stuff', boot({})],
    ['lk', mediatek('OWN_NAME')],
    ['boot', Uint8Array.of(1, 2, 3)],
    ['preloader', padded(Uint8Array.of(0x4d, 0x4d, 0x4d, 1))],
    ['loader_ext1', padded(Uint8Array.of(0x4d, 0x4d, 0x4d, 1))],
  ])('%s: nothing to say', (partition, head) => {
    expect(judge(partition, head)).toBeUndefined();
  });

  test.each<[string, Uint8Array, 'warning' | 'error', RegExp]>([
    ['boot', ext4, 'warning', /x\.img is an ext4 file system; to boot belongs an Android boot image/],
    ['recovery', padded(ascii('VNDRBOOT')), 'warning', /vendor boot/],
    ['vendor_boot', boot({}), 'warning', /to vendor_boot belongs an Android vendor boot image/],
    ['lk', mediatek('logo'), 'warning', /MediaTek image "logo"; to lk belongs/],
    ['logo', mediatek('lk'), 'warning', /to logo belongs the start logo/],
    ['vbmeta', boot({}), 'warning', /verified-boot metadata/],
    ['system', boot({}), 'warning', /a file system/],
    ['boot', new Uint8Array(100), 'warning', /holds nothing/],
    ['seccfg', padded(Uint8Array.of(0x4d, 0x4d, 0x4d, 1)), 'warning', /is a preloader/],
    ['anything', padded(ascii('<html>')), 'error', /is a web page/],
    ['boot', padded(ascii('PK\x03\x04')), 'error', /is a zip archive/],
  ])('%s: told', (partition, head, severity, message) => {
    expect(judge(partition, head)).toMatchObject({ severity, message: expect.stringMatching(message) });
  });
});
