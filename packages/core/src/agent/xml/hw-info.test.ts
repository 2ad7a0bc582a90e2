import { describe, expect, it } from 'vitest';
import { batteryOfHwInfo, storageOfHwInfo } from './hw-info.js';
import { tableOfList } from './partition-list.js';
import { loadTalks } from './testing/talk.fixture.js';

/** The file that a recorded conversation carries. */
function fileOf(fileName: string, name: string): string {
  const steps = loadTalks(fileName).get(name) ?? [];
  const texts = steps
    .filter(({ from }) => from === 'agent')
    .map(({ bytes }) => new TextDecoder().decode(bytes.subarray(12)));
  return texts.find((text) => /<(da_hw_info|partition_table)/.test(text))?.split('\0')[0] ?? '';
}

const UFS = fileOf('conversations.txt', 'hardware: UFS');
const EMMC = fileOf('conversations.txt', 'hardware: eMMC');

describe('GET-HW-INFO', () => {
  it('UFS', () => {
    expect(storageOfHwInfo(UFS)).toEqual({
      kind: 'ufs',
      blockSize: 4096,
      regions: new Map([
        ['lu0', 0x400000],
        ['lu1', 0x400000],
        ['lu2', 0xee5800000],
      ]),
      id: new TextEncoder().encode('SAMPLE'),
      ramSize: 0x200000000,
    });
  });

  it('eMMC', () => {
    const storage = storageOfHwInfo(EMMC);
    expect(storage).toMatchObject({ kind: 'emmc', blockSize: 512, ramSize: 0x100000000 });
    expect([...storage.regions]).toEqual([
      ['boot1', 0x400000],
      ['boot2', 0x400000],
      ['rpmb', 0x400000],
      ['user', 0x3a3e00000],
    ]);
    expect([...storage.id.subarray(0, 4)]).toEqual([0x15, 0x01, 0x00, 0x41]);
  });

  it('a genuine agent: the name of the chip in hexadecimal digits, with its padding', () => {
    const storage = storageOfHwInfo(fileOf('genuine-mt6895.txt', 'GET-HW-INFO'));
    expect(new TextDecoder().decode(storage.id)).toBe('ORACLE-UFS-0001');
    expect(storage).toMatchObject({ kind: 'ufs', ramSize: 0x80000000 });
  });

  it('builds that name the identity differently, and have no memory size', () => {
    const text = UFS.replace(/<ram_size>.*?<\/ram_size>/, '').replace(
      /<ufs_vendor_id>.*<\/ufs_fwver>/,
      '<id>KM5H </id>',
    );
    const storage = storageOfHwInfo(text);
    expect(new TextDecoder().decode(storage.id)).toBe('KM5H');
    expect('ramSize' in storage).toBe(false);
  });

  it('the battery', () => {
    expect(batteryOfHwInfo(UFS)).toBe(3810);
    expect(batteryOfHwInfo(fileOf('genuine-mt6895.txt', 'GET-HW-INFO'))).toBe(0);
    expect(batteryOfHwInfo(UFS.replace(/<battery_voltage>.*?<\/battery_voltage>/, ''))).toBeUndefined();
    expect(batteryOfHwInfo(UFS.replace('>3810<', '>full<'))).toBeUndefined();
  });

  it.each([
    ['no storage', '<da_hw_info><version>1.0</version><storage>NONE</storage></da_hw_info>', 'STORAGE_NOT_FOUND'],
    ['no word on storage', '<da_hw_info><version>1.0</version></da_hw_info>', 'STORAGE_NOT_FOUND'],
    ['NAND', '<da_hw_info><storage>NAND</storage><nand/></da_hw_info>', 'STORAGE_UNSUPPORTED'],
    ['no details', '<da_hw_info><storage>UFS</storage></da_hw_info>', 'AGENT_REPLY_INVALID'],
    ['no user area', UFS.replace('0xee5800000', '0'), 'AGENT_REPLY_INVALID'],
    ['sizes beyond reason', UFS.replace('0xee5800000', '0xffffffffffffffff'), 'AGENT_REPLY_INVALID'],
    ['odd blocks', UFS.replace('<block_size>0x1000', '<block_size>0x1001'), 'AGENT_REPLY_INVALID'],
    ['text that is no XML', 'all is well', 'AGENT_REPLY_INVALID'],
    ['text that is cut off', UFS.slice(0, 300), 'AGENT_REPLY_INVALID'],
  ])('%s', (_, text, code) => {
    expect(() => storageOfHwInfo(text)).toThrowError(expect.objectContaining({ code, stage: 'agent' }));
  });
});

describe('READ-PARTITION-TABLE', () => {
  const storage = storageOfHwInfo(UFS);

  it('partitions in bytes of the user region, without the table itself', () => {
    expect(tableOfList(fileOf('conversations.txt', 'partitions'), storage)).toEqual({
      kind: 'gpt',
      source: 'the agent’s partition list',
      partitions: [
        { name: 'boot_a', region: 'lu2', start: 0x8000000, length: 0x4000000 },
        { name: 'super', region: 'lu2', start: 0x20000000, length: 0x200000000 },
      ],
    });
  });

  it('an empty list of a genuine agent', () => {
    expect(tableOfList(fileOf('genuine-mt6895.txt', 'READ-PARTITION-TABLE'), storage)).toBeUndefined();
  });

  it.each([
    ['beyond the region', '<pt><name>a</name><start>0xee5800000</start><size>0x1000</size></pt>'],
    ['no name', '<pt><start>0x0</start><size>0x1000</size></pt>'],
    ['no number', '<pt><name>a</name><start>here</start><size>0x1000</size></pt>'],
    ['not closed', '<pt>'],
  ])('an entry with %s is refused', (_, entry) => {
    expect(() => tableOfList(`<partition_table>${entry}</partition_table>`, storage)).toThrowError(
      expect.objectContaining({ code: 'AGENT_REPLY_INVALID' }),
    );
  });
});
