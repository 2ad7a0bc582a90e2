import { describe, expect, it, test } from 'vitest';
import { MemoryFolder } from '../memory-folder.js';
import { openFirmware } from '../package.js';
import { gptScatter } from '../scatter/scatter-text.fixture.js';
import { MemorySource } from '../source.js';
import { parseChecksumIni } from './checksum-ini.js';
import type { ListedChecksum } from './checksum-list.js';
import { parseChecksumXml } from './checksum-xml.js';
import { parseDigestList } from './digest-list.js';
import { verifyChecksums } from './verify-checksums.js';

const same = (name: string) => name;
const MD5 = '900150983cd24fb0d6963f7d28e17f72';
const SHA1 = 'a9993e364706816aba3e25717850c26c9cd0d89d';
const SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('lists of checksums', () => {
  it('Checksum.ini: sums by partition, only when it is switched on', () => {
    const text =
      '\ufeff[IsEnableChecksum]\r\nCHECKSUM_SWITCH=1\r\n\r\n[CheckSum]\r\nboot=0x093AF\r\nlogo = 0x0\r\nnofile=0x1\r\n; x\r\n';
    const fileOf = (name: string) => (name === 'nofile' ? undefined : `${name}.img`);
    expect(parseChecksumIni('Checksum.ini', text, fileOf)).toEqual({
      path: 'Checksum.ini',
      checksums: [
        { path: 'boot.img', method: 'sum', value: '93af' },
        { path: 'logo.img', method: 'sum', value: '0' },
      ],
      problems: [],
    });
    expect(parseChecksumIni('c', text.replace('SWITCH=1', 'SWITCH=0'), fileOf).checksums).toEqual([]);
    expect(parseChecksumIni('c', '[CheckSum]\nboot=abc\nwhat\n', fileOf).problems).toEqual([
      'line 2: the checksum of boot is no number',
      'line 3 is not of the form name=value',
    ]);
  });

  it('scatter_checksum.xml: by file name', () => {
    const xml = (inner: string) =>
      new TextEncoder().encode(`<scatter><version>1.0</version><images>${inner}</images></scatter>`);
    expect(
      parseChecksumXml('s.xml', xml('<file name="a.img" chk_method="ADD" checksum="0x00AB"/><file name="b"/>'), same),
    ).toEqual({
      path: 's.xml',
      checksums: [{ path: 'a.img', method: 'sum', value: 'ab' }],
      problems: ['line 1 names no file or no checksum'],
    });
    expect(parseChecksumXml('s.xml', xml('<file name="a" chk_method="X" checksum="1"/>'), same).problems[0]).toContain(
      'X',
    );
    expect(parseChecksumXml('s.xml', new TextEncoder().encode('<a>'), same).problems[0]).toContain('no valid XML');
  });

  it('md5 lists in all their forms', () => {
    const text = `# made by\n${MD5}  boot.img\n${MD5.toUpperCase()} *sub/lk.bin\nSHA256 (x.img) = ${SHA256}\n${SHA1}\nrubbish\n`;
    expect(parseDigestList('logo.bin.md5', text, same)).toEqual({
      path: 'logo.bin.md5',
      checksums: [
        { path: 'boot.img', method: 'md5', value: MD5 },
        { path: 'sub/lk.bin', method: 'md5', value: MD5 },
        { path: 'x.img', method: 'sha256', value: SHA256 },
        { path: 'logo.bin', method: 'sha1', value: SHA1 },
      ],
      problems: ['line 6 is no checksum and file name'],
    });
  });

  it('are found beside the scatter file, with what cannot be understood told', async () => {
    const firmware = await openFirmware(
      new MemoryFolder('rom', {
        'MT6735_Android_scatter.txt': gptScatter(),
        'boot.img': 'abc',
        'checksum.INI': '[CheckSum]\nboot=0x126\n???\n',
        'md5sum.txt': `${MD5}  BOOT.img\n`,
        'other/far/md5sum.txt': `${MD5}  boot.img\n`,
      }),
    );
    expect(firmware.checksums.map((list) => [list.path, list.checksums])).toEqual([
      ['checksum.INI', [{ path: 'boot.img', method: 'sum', value: '126' }]],
      ['md5sum.txt', [{ path: 'boot.img', method: 'md5', value: MD5 }]],
    ]);
    expect(firmware.problems.map((each) => each.code)).toContain('CHECKSUM_LIST_UNREADABLE');
    expect(firmware.unknown).toEqual([]);
  });
});

describe('verifying', () => {
  const listed = (method: ListedChecksum['method'], value: string): ListedChecksum => ({ path: 'a', method, value });

  test.each<[ListedChecksum['method'], string]>([
    ['md5', MD5],
    ['sha1', SHA1],
    ['sha256', SHA256],
    ['sum', '126'],
    ['crc32', '352441c2'],
  ])('%s', async (method, value) => {
    const good = new MemorySource('a', new TextEncoder().encode('abc'));
    expect(await verifyChecksums(good, [listed(method, value)])).toMatchObject([{ ok: true, found: value }]);
    const bad = new MemorySource('a', new TextEncoder().encode('abd'));
    expect(await verifyChecksums(bad, [listed(method, value)])).toMatchObject([{ ok: false }]);
  });

  it('sums are as wide as they are listed, and the file is read once for all', async () => {
    const bytes = new Uint8Array(300_000).fill(0xff);
    let read = 0;
    const source = {
      name: 'a',
      size: bytes.length,
      read: async (offset: number, length: number) => {
        const piece = bytes.subarray(offset, offset + length);
        read += piece.length;
        return piece;
      },
    };
    const sum = 300_000 * 255;
    const results = await verifyChecksums(source, [
      listed('sum', (sum % 65536).toString(16)),
      listed('sum', sum.toString(16)),
    ]);
    expect(results.map((each) => each.ok)).toEqual([true, true]);
    expect(read).toBe(bytes.length);
  });

  it('stops when it is told to', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(verifyChecksums(new MemorySource('a', Uint8Array.of(1)), [], { signal: stop })).rejects.toThrow(
      'stopped',
    );
  });
});
