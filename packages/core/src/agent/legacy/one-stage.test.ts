import { describe, expect, it } from 'vitest';
import { hexBytes } from '../../wire/index.js';
import { DESCRIPTION_2015, emiTable, failureOf, identity, image, pattern } from './testing/samples.js';
import { BROM, KNOWN_ID, start } from './testing/scripted-start.js';

const RECORD = 0x38;
const TABLE = pattern(3 * RECORD);
const IMAGE = image(DESCRIPTION_2015, '', TABLE);
const record = (i: number) => hexBytes(TABLE.subarray(i * RECORD, (i + 1) * RECORD));

/** No probe: version, and the fixed part with the chip's usual pool. */
const SYNC = '← C0\n← 03 02 88\n';
const CONFIG = '→ FF 01 00 08 00 70 07 FF FF 01 00 A0 00 00 02 01 02 00\n';
const CONFIG_BROM = CONFIG.replace('FF 01', '05 FE');
const NO_NAND = '← A5\n';
/** NOR, NAND (32-bit size, 5 ids), eMMC, SD, RAM, end. */
const report = (ram: string, emmc = '00 00 00 00') => `
← 00 00 0B C7 00 08 FF FF ${'00 '.repeat(20)}
← 00 00 0B C8 00 FF FF 00 00 00 00 00 05 ${'00 '.repeat(10 + 9)}
← ${emmc} 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 ${'00 '.repeat(32)}
← 00 00 00 00 E9 00 00 00 44 00 01 15 4D 42 35 4A 01 55 07 42 C1 F2 34 8A ${'00 '.repeat(8)}
← 00 00 0C 4F ${'00 '.repeat(24)}
← 00 00 00 00 00 02 00 00 ${ram} 02 00 00 00 00 00 20 00 00 00 ${'00 '.repeat(16)}
← 5A 00 00 0C 0B 00 00 04 09 C1
`;
const RAM_ON = '00 00 00 00';
const RAM_OFF = '00 00 0B C3';

describe('agents of one stage (MT6573, MT6575, MT6577)', () => {
  it('goes from the configuration straight to the flash report', async () => {
    const { device, agent } = start(SYNC + CONFIG + NO_NAND + report(RAM_ON), {
      identity: identity(0x6577),
      image: IMAGE,
    });
    const { storage } = await agent;
    device.expectFinished();
    expect(storage).toMatchObject({ kind: 'emmc', ramSize: 0x20000000 });
    expect(storage.regions.get('user')).toBe(0xe9000000);
    expect(hexBytes(storage.id)).toBe('150100444a35424d420755018a34f2c1');
  });

  it('knows the CID in either order', async () => {
    const natural = report(RAM_ON).replace('44 00 01 15 4D 42 35 4A 01 55', '15 01 00 44 4A 35 42 4D 42 07');
    const { agent } = start(SYNC + CONFIG + NO_NAND + natural, { identity: identity(0x6577), image: IMAGE });
    expect(hexBytes((await agent).storage.id).slice(0, 20)).toBe('150100444a35424d4207');
  });

  it('feeds the table of NAND chips record by record until one fits', async () => {
    const table = `← 5A 00 00 00 38\n→ 00 00 00 03\n← 5A\n→ ${record(0)}\n← 69\n→ ${record(1)}\n← 5A\n`;
    const { device, agent, progress } = start(SYNC + CONFIG + table + report(RAM_ON), {
      identity: identity(0x6575),
      image: IMAGE,
    });
    await agent;
    device.expectFinished();
    expect(progress.at(-1)).toBe('agent-upload 168/168');
  });

  it('sets up memory from the command loop', async () => {
    const emi = emiTable(6, 0xa8, [KNOWN_ID]);
    const bytes = emi.list;
    const dram = `→ E8 00 00 00 06\n← 5A 00 00 00 A8\n→ 5A\n→ ${hexBytes(bytes)}\n← ${sumOf(bytes)}\n→ 5A 80 00 00 01
← 00 00 00 00 02 00 00 00 00 00 20 00 00 00`;
    const { device, agent } = start(SYNC + CONFIG_BROM + NO_NAND + report(RAM_OFF) + dram, {
      identity: identity(0x6577, BROM),
      image: IMAGE,
      emi,
    });
    expect((await agent).storage.ramSize).toBe(0x20000000);
    device.expectFinished();
  });

  it('names what the agent says about a record, and a record size that cannot be', async () => {
    const wrong = `← 5A 00 00 00 38\n→ 00 00 00 03\n← 5A\n→ ${record(0)}\n← 00\n`;
    const first = start(SYNC + CONFIG + wrong, { identity: identity(0x6573), image: IMAGE });
    expect(await failureOf(first.agent)).toMatchObject({
      code: 'AGENT_OUT_OF_STEP',
      evidence: ['NAND record 0 of the table was answered with 0x00'],
    });
    const second = start(`${SYNC}${CONFIG}← 5A FF FF FF FF`, { identity: identity(0x6573), image: IMAGE });
    expect(await failureOf(second.agent)).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
  });

  it('goes on to the report when no record fits', async () => {
    const table = `← 5A 00 00 00 38\n→ 00 00 00 03\n← 5A\n${[0, 1, 2].map((i) => `→ ${record(i)}\n← 69\n`).join('')}`;
    const { agent } = start(SYNC + CONFIG + table + report(RAM_ON, '00 00 0C 4D'), {
      identity: identity(0x6575),
      image: IMAGE,
    });
    expect(await failureOf(agent)).toMatchObject({ code: 'STORAGE_NOT_FOUND' });
  });
});

function sumOf(bytes: Uint8Array): string {
  const sum = bytes.reduce((total, byte) => total + byte, 0) & 0xffff;
  return sum.toString(16).padStart(4, '0');
}
