import { concat, encode, SparseChunkHeader, SparseChunkType, SparseHeader, u32 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { practicePreloader } from '../../practice/firmware.js';
import { findProfile } from '../../profiles/profiles.js';
import { difference, indexOfBytes, pattern } from '../../testing/bytes.fixture.js';
import { command, Host } from './testing/host.js';
import { type PhoneOptions, PhoneUnderTest } from './testing/phone-under-test.js';

const FILE = 'D:/fw/boot.img';
const PACKET = 0x80000;
const profile = findProfile('mt6895-ufs');
const place = (name: string) => {
  const found = profile.partitions.find((partition) => partition.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

async function start(options: PhoneOptions = {}) {
  const phone = await PhoneUnderTest.start({ stage2: () => {}, ...options });
  return { phone, host: new Host(phone) };
}

const writePartition = (host: Host, image: Uint8Array, partition = 'boot_a', more = {}) => {
  host.files.set(FILE, image);
  return host.command(command('WRITE-PARTITION', { partition, source_file: FILE, ...more }));
};

describe('WRITE-PARTITION', () => {
  it('asks for files of signed firmware first and stores the image', async () => {
    const { phone, host } = await start();
    const outcome = await writePartition(host, pattern(0x80006));
    expect(outcome).toEqual({
      result: 'OK',
      message: '',
      requests: ['EXISTS D:/fw/boot.sig', 'EXISTS D:/fw/boot-verified.img', 'DOWNLOAD-FILE boot_a'],
    });
    const stored = await phone.storage.read('lu2', place('boot_a').start, 0x80006);
    expect(difference(stored, pattern(0x80006))).toBeUndefined();
    expect(phone.writes()).toEqual(['WRITE-PARTITION']);
  });

  it('takes the verified file when there is one, and fetches the signature', async () => {
    const { phone, host } = await start();
    host.files.set('D:/fw/boot.sig', pattern(256));
    host.files.set('D:/fw/boot-verified.img', pattern(1000));
    const { requests } = await writePartition(host, new Uint8Array(2000));
    expect(requests).toEqual([
      'EXISTS D:/fw/boot.sig',
      'DOWNLOAD-FILE .sig',
      'EXISTS D:/fw/boot-verified.img',
      'DOWNLOAD-FILE boot_a',
    ]);
    const stored = await phone.storage.read('lu2', place('boot_a').start, 1000);
    expect(difference(stored, pattern(1000))).toBeUndefined();
  });

  it('refuses what nobody signed, and erases nothing either', async () => {
    const { host } = await start({ faults: { signedOnly: true } });
    const denied = (name: string) => ({ result: 'ERR', message: `Security deny for [${name}].\n` });
    expect(await writePartition(host, pattern(16))).toMatchObject(denied('boot_a'));
    expect(await host.command(command('ERASE-PARTITION', { partition: 'boot_a' }))).toMatchObject(denied('boot_a'));
    const flash = command('WRITE-FLASH', { partition: 'UFS-LUA2', offset: '0x100000', source_file: FILE });
    expect(await host.command(flash)).toMatchObject(denied('UFS-LUA2'));
  });

  it('asks the same of an image in memory', async () => {
    const { host } = await start();
    const source_file = 'MEM://0x8000000:0x10';
    host.files.set(source_file, pattern(16));
    const { requests } = await host.command(command('WRITE-PARTITION', { partition: 'boot_a', source_file }));
    expect(requests.slice(0, 2)).toEqual(['EXISTS MEM://0x8000000:0x10.sig', 'EXISTS MEM://0x8000000:0x10-verified']);
  });

  it('erases first when it is asked to', async () => {
    const { phone, host } = await start();
    const { start: at } = place('boot_a');
    await phone.storage.write('lu2', at + 8000, pattern(10));
    const { requests } = await writePartition(host, pattern(16), 'boot_a', { pre_erase: 'YES' });
    expect(requests[0]).toBe('PROGRESS-REPORT boot_a');
    expect(await phone.storage.read('lu2', at + 8000, 10)).toEqual(new Uint8Array(10));
  });

  it('writes the preloader to both boot regions behind their header', async () => {
    const { phone, host } = await start();
    const image = practicePreloader(profile);
    expect((await writePartition(host, image, 'preloader')).result).toBe('OK');
    for (const region of ['lu0', 'lu1'] as const) {
      const area = await phone.storage.read(region, 0, 0x40000);
      expect(new TextDecoder().decode(area.subarray(0, 8))).toBe('UFS_BOOT');
      expect(indexOfBytes(area, image)).toBe(0x1000);
    }
    expect((await writePartition(host, pattern(5000), 'preloader')).result).toBe('ERR');
  });

  it('expands sparse images', async () => {
    const { phone, host } = await start();
    const chunk = (type: number, blocks: number, data: Uint8Array) =>
      concat(SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: 12 + data.length }), data);
    const image = concat(
      SparseHeader.build({
        magic: 0xed26ff3a,
        majorVersion: 1,
        minorVersion: 0,
        fileHeaderSize: 28,
        chunkHeaderSize: 12,
        blockSize: 4096,
        totalBlocks: 3,
        totalChunks: 3,
        imageChecksum: 0,
      }),
      chunk(SparseChunkType.RAW, 1, pattern(4096)),
      chunk(SparseChunkType.DONT_CARE, 1, new Uint8Array(0)),
      chunk(SparseChunkType.FILL, 1, encode(u32, 'little', 0x55aa55aa)),
    );
    expect((await writePartition(host, image, 'super')).result).toBe('OK');
    const stored = await phone.storage.read('lu2', place('super').start, 3 * 4096);
    expect(difference(stored.subarray(0, 4096), pattern(4096))).toBeUndefined();
    expect(new Set(stored.subarray(4096, 8192))).toEqual(new Set([0]));
    expect(new Set(stored.subarray(8192))).toEqual(new Set([0xaa, 0x55]));
    expect((await writePartition(host, image.subarray(0, 4150), 'super')).result).toBe('ERR');
  });

  it('does not know every name', async () => {
    const { host } = await start();
    const outcome = await writePartition(host, pattern(16), 'nosuch');
    expect(outcome).toEqual({
      result: 'ERR',
      message: 'Cannot find [nosuch] info from partition table.\n',
      requests: [],
    });
  });

  it('refuses an image that does not fit before a byte has come', async () => {
    const { phone, host } = await start();
    const { start: at, size } = place('vbmeta_a');
    const before = await phone.storage.read('lu2', at, 4096);
    const outcome = await writePartition(host, new Uint8Array(size + 1).fill(1), 'vbmeta_a');
    expect(outcome).toMatchObject({ result: 'ERR', message: 'Data size bigger than partition max size.\n' });
    expect(difference(await phone.storage.read('lu2', at, 4096), before)).toBeUndefined();
    expect((await writePartition(host, pattern(5), 'vbmeta_a')).result).toBe('OK');
  });

  it.each([['OK'], ['NOT-OK']])('stops when the host refuses the request (%s is answered else)', async (word) => {
    const { host } = await start();
    host.misbehaviour = { refuseDownload: word === 'OK' ? 'ERR' : 'ERR!CANCEL' };
    expect(await writePartition(host, pattern(16))).toMatchObject({ result: 'ERR', message: 'Host notice error.\n' });
  });

  it('stops when the host cancels between chunks', async () => {
    const { phone, host } = await start();
    host.misbehaviour = { announce: { chunk: 1, text: 'ERR!CANCEL' } };
    const outcome = await writePartition(host, pattern(3 * PACKET));
    expect(outcome).toMatchObject({
      result: 'ERR',
      message: 'Host notice error or user canceled.\nHost Notify error.',
    });
    expect(phone.failure).toBeUndefined();
    host.misbehaviour = {};
    expect((await writePartition(host, pattern(16))).result).toBe('OK');
  });

  it('compares chunk sums at level USB, without a word about it in CMD:END', async () => {
    const { host } = await start({
      stage2: ({ parameters }) => {
        parameters.checksUsb = true;
      },
    });
    expect((await writePartition(host, pattern(PACKET + 6))).result).toBe('OK');
    host.misbehaviour = { announce: { chunk: 1, text: 'OK@0xdead' } };
    expect(await writePartition(host, pattern(PACKET + 6))).toMatchObject({ result: 'ERR', message: '' });
  });

  it('tells the sums of what it took', async () => {
    const { host } = await start({
      stage2: ({ parameters }) => {
        parameters.checksUsb = true;
      },
    });
    await writePartition(host, Uint8Array.of(1, 0, 0, 0x80, 2, 0, 0, 0x80, 5));
    await host.command(command('GET-DOWNLOADED-IMAGE-FEEDBACK', { target_file: 'feedback' }));
    expect(new TextDecoder().decode(host.files.get('feedback'))).toContain(
      '<feedback version="1.0"><item pt="boot_a" image_chksum="0x8" file="D:/fw/boot.img"></item></feedback>',
    );
  });
});

describe('a memory chip that fails', () => {
  it('is told with a later chunk when there is one', async () => {
    const { phone, host } = await start({ writeError: 'boot_a' });
    expect(await writePartition(host, pattern(4 * PACKET))).toMatchObject({ result: 'ERR', message: '' });
    expect(host.dialogue.join()).not.toContain('bytes in chunks');
    expect(await phone.storage.read('lu2', place('boot_a').start + PACKET, 16)).toEqual(new Uint8Array(16));
  });

  it('is told only in CMD:END for the last chunk', async () => {
    const { host } = await start({ writeError: 'boot_a' });
    expect(await writePartition(host, pattern(100))).toMatchObject({ result: 'ERR' });
    // Each chunk was taken with OK@0x0: the end is the only proof.
    expect(host.dialogue).toContain('> 100 bytes in chunks');
    expect((await writePartition(host, pattern(100), 'boot_b')).result).toBe('OK');
  });
});

describe('WRITE-FLASH', () => {
  const write = (host: Host, partition: string, offset: string, image: Uint8Array) => {
    host.files.set(FILE, image);
    return host.command(command('WRITE-FLASH', { partition, offset, source_file: FILE }));
  };

  it('asks for the size, erases the span and stores it', async () => {
    const { phone, host } = await start();
    const outcome = await write(host, 'UFS-LUA2', '0x8000000', pattern(0x3000));
    expect(outcome).toEqual({
      result: 'OK',
      message: '',
      requests: [`FILE-SIZE ${FILE}`, 'PROGRESS-REPORT UFS-LUA2', 'DOWNLOAD-FILE UFS-LUA2'],
    });
    expect(difference(await phone.storage.read('lu2', 0x8000000, 0x3000), pattern(0x3000))).toBeUndefined();
  });

  it('writes both boot regions under their common name', async () => {
    const { phone, host } = await start();
    await write(host, 'UFS-LUA0LUA1', '0x2000', pattern(5000));
    for (const region of ['lu0', 'lu1'] as const) {
      expect(difference(await phone.storage.read(region, 0x2000, 5000), pattern(5000))).toBeUndefined();
    }
  });

  it('refuses what does not fit, and a file that is not there', async () => {
    const { phone, host } = await start();
    expect(await write(host, 'UFS-LUA0', '0x3ff000', new Uint8Array(0x1001))).toMatchObject({
      result: 'ERR',
      message: 'Host file size[0x1001] is larger than max partition available size[0x1000].\n',
      requests: [`FILE-SIZE ${FILE}`],
    });
    const args = { partition: 'UFS-LUA0', offset: '0x0', source_file: 'gone' };
    const outcome = await host.command(command('WRITE-FLASH', args));
    expect(outcome).toMatchObject({ result: 'ERR', message: 'Get host file size failed.\n' });
    expect(phone.failure).toBeUndefined();
  });

  it('stops when the host stops the erase', async () => {
    const { phone, host } = await start();
    await phone.storage.write('lu2', 0x8001800, pattern(16));
    host.misbehaviour = { progress: 'ERR!CANCEL' };
    const outcome = await write(host, 'UFS-LUA2', '0x8000000', pattern(0x3000));
    expect(outcome).toMatchObject({ result: 'ERR', message: 'Host notice error or user canceled.\n' });
    expect(difference(await phone.storage.read('lu2', 0x8001800, 16), pattern(16))).toBeUndefined();
  });
});

describe('erasing', () => {
  it('reports 0, 50 and 100 percent', async () => {
    const { phone, host } = await start();
    const { start: at } = place('nvdata');
    expect(await host.command(command('ERASE-PARTITION', { partition: 'nvdata' }))).toEqual({
      result: 'OK',
      message: '',
      requests: ['PROGRESS-REPORT nvdata'],
    });
    expect(host.dialogue.filter((line) => line.startsWith('< OK!PROGRESS'))).toEqual([
      '< OK!PROGRESS@0@',
      '< OK!PROGRESS@50@',
      '< OK!PROGRESS@100@',
    ]);
    expect(await phone.storage.read('lu2', at, 64)).toEqual(new Uint8Array(64));
  });

  it.each([
    ['ERASE-PARTITION', { partition: 'nosuch' }, 'Find [nosuch] from partition table failed.\n'],
    ['ERASE-PARTITION', {}, 'Required XML node path not found. Check command string.'],
    ['ERASE-FLASH', { partition: 'UFS-LUA0', offset: '0x400001' }, 'offset is larger than partition max size.\n'],
    ['ERASE-FLASH', { partition: 'UFS-LUA0', length: '0x400001' }, 'erase length is larger than partition max size.\n'],
    ['ERASE-FLASH', { partition: 'NAND-BMT' }, 'Cannot find [NAND-BMT] on current device storage.\n'],
  ])('%s %o is refused', async (name, args, message) => {
    const { host } = await start();
    expect(await host.command(command(name, args))).toMatchObject({ result: 'ERR', message });
  });

  it('clears a region from an offset on, and everything with ALL', async () => {
    const { phone, host } = await start();
    await host.command(command('ERASE-FLASH', { partition: 'UFS-LUA1', offset: '0x1000' }));
    expect(new TextDecoder().decode(await phone.storage.read('lu1', 0, 8))).toBe('UFS_BOOT');
    expect(await phone.storage.read('lu1', 0x1000, 64)).toEqual(new Uint8Array(64));
    expect((await host.command(command('ERASE-FLASH', { partition: 'ALL' }))).requests).toEqual([
      'PROGRESS-REPORT ALL',
    ]);
    expect(phone.storage.allocated).toBe(0);
    await host.command(command('READ-PARTITION-TABLE', { target_file: 't' }));
    expect(new TextDecoder().decode(host.files.get('t'))).not.toContain('<pt>');
  });
});
