import { describe, expect, it } from 'vitest';
import { LeaveBus } from '../../device/wire.js';
import { startStage2 } from './testing/test-bench.fixture.js';

describe('FINISH', () => {
  it.each(['00 00 00 00', '00 00 00 01', '00 00 00 02'])(
    'acknowledges twice and leaves the bus: status %s',
    async (status) => {
      const { host } = await startStage2();
      expect(await host.ask('d9')).toBe('5a');
      expect(await host.ask(status)).toBe('5a');
      expect(host.ended).toBeInstanceOf(LeaveBus);
      expect(host.ended).toMatchObject({ to: 'off' });
    },
  );

  it('idles for ever at any other status', async () => {
    const { host } = await startStage2();
    expect(await host.ask('d9 00 00 00 09')).toBe('5a 5a');
    expect(await host.hasHung()).toBe(true);
    expect(await host.ask('64')).toBe('');
  });
});

describe('ENABLE_WATCHDOG', () => {
  it('acknowledges and reboots', async () => {
    const { host, log } = await startStage2();
    expect(await host.ask('db 00 c0 00 00 00 00')).toBe('5a');
    expect(host.ended).toMatchObject({ to: 'boot' });
    expect(log.at(-1)).toMatchObject({ what: 'ENABLE_WATCHDOG', writes: false, detail: { timeoutMs: 3072, flags: 0 } });
  });

  it('reboots with the flags of the vendor host', async () => {
    const { host } = await startStage2();
    expect(await host.ask('db 01 40 00 00 00 01')).toBe('5a');
    expect(host.ended).toMatchObject({ to: 'boot' });
  });

  it('lets commands run until the armed watchdog bites', async () => {
    const { host } = await startStage2();
    expect(await host.ask('db 07 ff 00 00 00 02')).toBe('5a');
    expect(await host.ask('64')).toBe('5a');
    expect(await host.ask('db 00 00 00 00 00 02')).toBe('5a');
    expect(host.ended).toMatchObject({ to: 'boot' });
  });
});
