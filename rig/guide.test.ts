import type { ConnectionEvent, Finding } from '@unbrick/core';
import { IdleDevice, UnreadableDevice } from '@unbrick/phone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type JobResult } from './bench.js';
import { rigCache } from './guest.js';

const TIMEOUT = 180_000;
const found = rigCache();
if ('missing' in found) console.warn(`The rig's tests are skipped: ${found.missing}.`);

describe.runIf('cache' in found)('the wait for a phone, on a stock Linux kernel', { timeout: TIMEOUT }, () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.boot('cache' in found ? found.cache : '');
  }, TIMEOUT);
  afterAll(() => bench?.guest.close());

  it('tells of a device that cannot be read, of a phone that is on, and of one that is missed', async () => {
    const job = await bench.startJob('node packages/cli/bin/unbrick.js info --wait 600 --json');
    const events = (): ConnectionEvent[] => bench.eventsOf(job.running).filter((event) => event.type === 'connection');
    const until = async (state: string) => {
      while (events().at(-1)?.state !== state) await new Promise((resolve) => setTimeout(resolve, 50));
      return events().at(-1) as ConnectionEvent;
    };
    expect((await until('nothing')).advice).toMatch(/no key/);

    await bench.guest.usb.attach(new UnreadableDevice());
    expect((await until('unreadable')).seen).toMatch(/device descriptor read|unable to enumerate/);
    await bench.guest.usb.detach();

    await bench.guest.usb.attach(new IdleDevice(0x0e8d, 0x2007));
    expect((await until('meta')).devices).toMatchObject([{ busPath: '1-1', kind: 'meta' }]);
    await bench.guest.usb.detach();
    expect((await until('went-off')).seen).toMatch(/0e8d:2007 META mode was there for \d+\.\d s/);

    const phone = await bench.plugIn({ profile: 'mt6735-emmc' });
    const result: JobResult = await job.result;
    await phone.unplug();
    expect(result.code, result.text).toBe(0);
    expect(events().at(-1)?.state).toBe('connected');
  });

  it('is what the doctor looks at: the phone, the program that holds its port, and whether it may be opened', async () => {
    const doctor = async (as = '') => {
      const { stdout } = await bench.guest.run(`${as}node packages/cli/dist/main.js doctor --json`);
      const findings = stdout
        .trim()
        .split('\n')
        .map((line): Finding => JSON.parse(line));
      return new Map(findings.map((finding) => [finding.code, finding]));
    };
    const phone = await bench.plugIn({ profile: 'mt6735-emmc', windowMs: 600_000 });
    const holder = bench.guest.start('until [ -e /dev/ttyACM0 ]; do sleep 0.05; done; exec cat /dev/ttyACM0');
    while ((await bench.guest.run('pgrep -x cat')).code !== 0);

    const held = await doctor();
    expect(held.get('PHONE_SEEN')?.message).toContain('0e8d:2000');
    expect(held.get('PORT_BUSY')).toMatchObject({ severity: 'blocker', message: expect.stringContaining('cat') });

    await bench.guest.run('chmod 600 /dev/ttyACM0');
    const forbidden = await doctor(
      'setpriv --reuid 65534 --inh-caps +dac_read_search --ambient-caps +dac_read_search ',
    );
    expect(forbidden.get('PORT_PERMISSION')?.evidence.join()).toContain('/dev/ttyACM0');

    await phone.unplug();
    await holder.finished;
    expect((await doctor()).get('PHONE_SEEN')?.message).toContain('No MediaTek phone');
  });
});
