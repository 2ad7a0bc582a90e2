import { describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import { sum16 } from '../../wire/index.js';
import { type ChipDialect, dialectOf } from './chip-dialect.js';
import { Conversation } from './conversation.js';
import { readFlashReport } from './flash-report.js';
import { storageOf } from './storage-of-report.js';
import { failureOf, HASTY } from './testing/samples.js';
import { ScriptedDevice, transcript } from './testing/scripted-device.js';

/** The sample report of the protocol page: every checksum computed there. */
const NOR = '← 00 00 0B C7 00 08 FF FF 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n';
const EMMC = `
← 00 00 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 08 00 00
← 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
← 00 00 00 01 D2 00 00 00 15 01 00 46 37 32 32 4D 42 06 1A 2B 3C 4D 9E 00 06 00 00 00 00 00 00 00
`;
const SD = '← 00 00 0C 4F 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n';
const RAM =
  '← 00 00 00 00 00 02 00 00 00 00 00 00 02 00 00 00 00 00 40 00 00 00 5A C3 10 F2 97 88 44 D1 0E 6B 7F 22 35 A9 C8 01\n';
const END = '← 5A 00 00 0C 0B 00 00 04 09 C1\n';
const zeros = (count: number) => '00 '.repeat(count);
const nand = (wide: boolean, ids: string, count: number, size = zeros(wide ? 8 : 4)) =>
  `← 00 00 0B C8 00 FF FF ${size} ${ids} ${zeros(2 * count)} ${zeros(9)}\n`;

const CID = Uint8Array.from([0x15, 1, 0, 0x46]);
const CONTEXT = { cid: CID, ramSize: 0, poolSize: 0 };
const unknownChip: ChipDialect = { name: '?', hwCodes: [], extraWords: { until2015: [], since2019: [] } };

function read(script: string, dialect: ChipDialect | undefined, timeouts = HASTY) {
  const device = new ScriptedDevice(transcript(script));
  const report = readFlashReport(new Conversation(new Link(device), timeouts), dialect as ChipDialect);
  report.catch(() => {});
  return { device, report };
}

describe('flash report', () => {
  it('has the length and the sum of the protocol page', () => {
    const bytes = transcript(NOR + nand(true, '00 07', 7) + EMMC + SD + RAM + END).flatMap(({ bytes }) => [...bytes]);
    expect(bytes.length).toBe(236);
    expect(sum16(Uint8Array.from(bytes as number[]))).toBe(0x12fb);
  });

  it.each([
    [0x6580, nand(true, '00 07', 7)],
    [0x6735, nand(true, '00 05', 5)],
    [0x6572, nand(false, '00 07', 7)],
    [0x6582, nand(false, '00 05', 5)],
    [0x6582, nand(false, '00 00', 0)],
    [0x6580, nand(true, '00 00', 0)],
  ])('of hw_code %i', async (hwCode, nandPart) => {
    const { device, report } = read(NOR + nandPart + EMMC + SD + RAM + END, dialectOf(hwCode));
    const { emmc, ram, nand: found, bootStyle } = await report;
    device.expectFinished();
    expect([emmc.userSize, emmc.rpmbSize, ram.externalSize, bootStyle]).toEqual([0x1d2000000, 0x80000, 2 ** 30, 0x409]);
    expect(found.ids.every((id) => id === 0)).toBe(true);
  });

  it.each([
    [
      '64-bit size',
      nand(true, '00 07', 0, '00 00 00 00 20 00 00 00').replace(zeros(9), `00 AD 00 DC 00 10 ${zeros(8)} ${zeros(9)}`),
    ],
    [
      '32-bit size',
      nand(false, '00 05', 0, '20 00 00 00').replace(zeros(9), `00 AD 00 DC 00 10 ${zeros(4)} ${zeros(9)}`),
    ],
  ])('of a chip nobody has looked at, %s', async (_, nandPart) => {
    const { device, report } = read(NOR + nandPart + EMMC + SD + RAM + END, unknownChip);
    const found = (await report).nand;
    device.expectFinished();
    expect(found.size).toBe(0x20000000);
    expect(found.ids.slice(0, 4)).toEqual([0xad, 0xdc, 0x10, 0]);
  });

  it('waits for a first security pre-process', async () => {
    const script = NOR + nand(true, '00 07', 7) + EMMC + SD + RAM + END.replace('← 5A', '← A5 00');
    const { device, report } = read(script, dialectOf(0x6580));
    await report;
    device.expectFinished();
  });

  it('names an agent that was made for another chip, and bytes that are no report', async () => {
    const soc = NOR + nand(true, '00 07', 7) + EMMC + SD + RAM + END.replace('C1', 'CF');
    expect(await failureOf(read(soc, dialectOf(0x6580)).report)).toMatchObject({ code: 'CHIP_REFUSED' });
    const wild = NOR + nand(true, 'FF FF', 0);
    expect(await failureOf(read(wild, dialectOf(0x6580)).report)).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    const huge = NOR + nand(true, '00 07', 7) + EMMC.replace('00 00 00 01 D2', 'FF 00 00 01 D2');
    expect(await failureOf(read(huge, dialectOf(0x6580)).report)).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
  });

  it('tells a dead storage', async () => {
    const gone = EMMC.replace('← 00 00 00 00', '← 00 00 0C 4D');
    const none = await read(NOR + nand(true, '00 07', 7) + gone + SD + RAM + END, dialectOf(0x6580)).report;
    expect(() => storageOf(none, CONTEXT)).toThrow(expect.objectContaining({ code: 'STORAGE_NOT_FOUND' }));
  });

  /** 512 MiB in pages of 2 KiB, 64 a block. */
  const geometry = (wide: boolean, tail = '08 00 00 40 00 40 00 05 01') =>
    `← 00 00 00 00 00 00 01 ${wide ? '00 00 00 00 ' : ''}20 00 00 00 00 07 00 AD 00 DC 00 10 00 95 00 54 00 00 00 00 ${tail}\n`;
  const noEmmc = EMMC.replace('← 00 00 00 00', '← 00 00 0C 4D');
  const nandBoot = END.replace('04 09', '04 0B');

  it('describes a NAND: the region ends where the bad-block pool begins', async () => {
    const report = await read(NOR + geometry(false) + noEmmc + SD + RAM + nandBoot, dialectOf(0x6572)).report;
    expect(storageOf(report, { ...CONTEXT, poolSize: 0x1500000 })).toEqual({
      kind: 'nand',
      blockSize: 2048,
      regions: new Map([['nand', 0x20000000 - 0x1500000]]),
      id: Uint8Array.of(0xad, 0xdc, 0x10, 0x95, 0x54),
      ramSize: 2 ** 30,
      nand: { pageSize: 2048, spareSize: 64, eraseBlock: 0x20000, poolSize: 0x1500000 },
    });
  });

  it('believes the pool of the report more than the one it told', async () => {
    const script = `${NOR + geometry(true) + noEmmc + SD + RAM}← 00 00 00 50\n${nandBoot}`;
    const storage = storageOf(await read(script, dialectOf(0x8163)).report, { ...CONTEXT, poolSize: 0x1500000 });
    expect(storage.nand?.poolSize).toBe(0x50 * 0x20000);
  });

  it('takes the chip the phone starts from when there are two', async () => {
    const both = await read(NOR + geometry(true) + EMMC + SD + RAM + END, dialectOf(0x6580)).report;
    expect(storageOf(both, CONTEXT).kind).toBe('emmc');
    expect(storageOf({ ...both, bootStyle: 0x40b }, CONTEXT).kind).toBe('nand');
  });

  it('takes an SD card when there is nothing else', async () => {
    const card = SD.replace('00 00 0C 4F 00 00 00 00 00 00 00 00', '00 00 00 00 00 00 00 01 D0 00 00 00');
    const report = await read(NOR + nand(true, '00 07', 7) + noEmmc + card + RAM + END, dialectOf(0x6580)).report;
    expect(storageOf(report, CONTEXT)).toMatchObject({ kind: 'sdmmc', regions: new Map([['user', 0x1d0000000]]) });
  });

  it.each([
    ['pages of 0 bytes', '00 00 00 40 00 40 00 05 01'],
    ['blocks of 3 pages', '08 00 00 40 00 03 00 05 01'],
  ])('refuses a NAND with %s', async (_, tail) => {
    const report = await read(NOR + geometry(true, tail) + noEmmc + SD + RAM + nandBoot, dialectOf(0x6580)).report;
    expect(() => storageOf(report, CONTEXT)).toThrow(expect.objectContaining({ code: 'STORAGE_UNSUPPORTED' }));
  });

  it('gives the regions that exist, and the memory size of the set-up when the report has none', async () => {
    const silentRam = RAM.replace('00 02 00 00 00 00 00 00', '00 02 00 00 00 00 0B B9');
    const report = await read(NOR + nand(true, '00 07', 7) + EMMC + SD + silentRam + END, dialectOf(0x6580)).report;
    const storage = storageOf(report, { ...CONTEXT, ramSize: 512 << 20 });
    expect([...storage.regions.keys()]).toEqual(['boot1', 'boot2', 'rpmb', 'user']);
    expect(storage.ramSize).toBe(512 << 20);
    expect(storage.id).toBe(CID);
  });
});
