import { describe, expect, it } from 'vitest';
import { startAgent, startStage2, testProfile, uploadStage2 } from './testing/test-bench.fixture.js';

describe('small commands', () => {
  const zeros = (count: number) => ' 00'.repeat(count);

  it.each([
    ['USB_CHECK_STATUS', '72', '5a 01', false],
    ['SDMMC_GET_CARD_TYPE', '63', '5a 00 00 00 02', false],
    ['SDMMC_RESET_DIS', '64', '5a', false],
    ['READ_REG32', '7a 10 00 90 40', '00 00 00 00 5a', false],
    ['WRITE_REG32', '7b 10 00 70 00 22 00 00 64', '5a', false],
    ['PWR_READ16', '7c 01 02', '00 00 5a', false],
    ['PWR_WRITE16', '7d 01 02 03 04', '5a', false],
    ['READ_REG16', 'd8 10 00 90 40', '00 00 5a', false],
    ['WRITE_REG16', 'd7 10 00 90 40 12 34', '5a', false],
    ['NAND_READ_BMT', 'a3 5a', '5a 00', false],
    ['NAND_BMT_REMARK', '52', 'a5', false],
    ['NAND_WRITE_PARTITION_TABLE', 'a1', 'a5 00 00 0b c8', false],
    ['NAND_READ_PARTITION_TABLE', 'a2', 'a5 00 00 0b c8', false],
    ['NAND_WRITE_DATA', `b3${zeros(18)}`, 'a5 00 00 0b c8', false],
    ['NAND_READ_PAGE', `df${zeros(22)}`, 'a5 00 00 0b c8', false],
    ['NAND_WRITE_IMAGE', 'de', 'a5 00 00 0b c8', false],
    ['READ_PRODUCT_INFO', 'a6', 'a5 00 00 0c 68', false],
    ['READ_DOWNLOAD_INFO', 'a7 00', 'a5 00 00 0c 6a', false],
    ['WRITE_DOWNLOAD_INFO', 'a8 00', 'a5', true],
    ['SECURE_USB_RECHECK', 'b4 00 00 00 00', `00 00 17 99${zeros(277)}`, false],
    ['SECURE_ROM_INFO_UPDATE', 'bb', '5a 5a', false],
    ['SECURE_CUSTOMER_NAME', 'bc', zeros(32).trim(), false],
    ['SECURE_VERSION', 'bf', '5a 00 00 00 00', false],
    ['GET_BATTERY_VOLTAGE', 'd0', '00 00 00 5a 00 00 0f 3c', false],
    ['SPEED', 'd2 01 01', 'a5', false],
    ['MEM', 'd3', 'a5', false],
    ['WRITE_NOR', 'd5', 'a5 00 00 0b c7', false],
    ['GET_DSP_VERSION', 'da', '5a 00 00', false],
    ['CHECK_PC_SECURITY_INFO', 'e0 00 00 00 00', '5a', false],
    ['CHECK_PC_SECURITY_INFO', 'e0 00 00 00 03 61 62 63', '5a', false],
    ['GET_PROJECT_ID', 'ef', `00 00 00 00 6b 38 30 68 64${zeros(59)}`, false],
    ['GET_FAT_INFO', 'f0', '00 00 0b c7', false],
  ])('%s: %s', async (name, command, answer, writes) => {
    const { host, log } = await startStage2();
    expect(await host.ask(command)).toBe(answer);
    expect(log).toMatchObject([{ stage: 'stage2', what: name, writes }]);
    expect(await host.ask('64'), 'the agent is back in its loop').toBe('5a');
  });

  it('remember registers', async () => {
    const { host } = await startStage2();
    await host.ask('7b 10 00 70 00 22 00 00 64');
    expect(await host.ask('7a 10 00 70 00')).toBe('22 00 00 64 5a');
    await host.ask('7d 00 10 12 34');
    expect(await host.ask('7c 00 10')).toBe('12 34 5a');
    expect(await host.ask('7a 00 00 00 10')).toBe('00 00 00 00 5a');
  });

  it('keep the download information record', async () => {
    const { host } = await startStage2();
    const record = await host.ask('a7 02');
    expect(record.split(' ')).toHaveLength(0x1240);
    expect(record).toMatch(/^44 4f 57 4e 4c 4f 41 44 20 49 4e 46 4f/);
    expect(await host.ask('a8 02')).toBe('5a');
    await host.ask(new Uint8Array(128).fill(0x31));
    expect(await host.ask('a7 02')).toContain(' 31 31 31 31 ');
  });

  it.each([
    ['is measured with a battery in', '02', 3410, '00 00 00 5a 00 00 0d 52'],
    ['is refused with none in', '02', 0, '00 00 00 a5'],
    ['is taken as it is when the host has said that there is none', '01', 0, '00 00 00 5a 00 00 00 00'],
    ['is refused when the host has said not to charge', '00', 3900, '00 00 00 a5'],
  ])('the battery voltage %s', async (_, forceCharge, batteryMillivolts, answer) => {
    const { host } = startAgent({ profile: { ...testProfile({ extraConfig: 'none' }), batteryMillivolts } });
    await host.answer();
    await host.ask('5a', `ff 01 00 08 00 70 07 ff ff 01 00 00 00 00 ${forceCharge} 01 02 00`);
    await uploadStage2(host);
    expect(await host.ask('d0')).toBe(answer);
  });

  it('pass the question for the battery over in silence in builds that do not know it', async () => {
    const { host } = await startStage2({ faults: { batteryUntold: true } });
    expect(await host.ask('d0')).toBe('');
    expect(await host.ask('64')).toBe('5a');
  });

  it('are passed over in silence when nobody knows them', async () => {
    const { host, log } = await startStage2();
    expect(await host.ask('00 71 80 a0 ab b0 c0 d1 dc e1 f1 ff')).toBe('');
    expect(log).toEqual([]);
    expect(await host.ask('64')).toBe('5a');
  });

  it('come back on the bus under the right product id', async () => {
    const { host } = await startStage2();
    expect(await host.ask('70 01')).toBe('5a');
    expect(await host.ask('72')).toBe('5a 01');
    expect(await host.ask('73 01 20 00 0e 8d')).toBe('5a');
    expect(host.productIds).toEqual([0x2001, 0x2000]);
  });
});
