import type { ConnectionEvent, Finding } from '@unbrick/core';
import { IdleDevice, UnreadableDevice } from '@unbrick/phone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type JobResult } from './bench.js';
import { AS_SOMEBODY, rigCache } from './guest.js';
import { type SmallPhone, smallPhone } from './small-phone.js';

const TIMEOUT = 180_000;
const found = rigCache();
if ('missing' in found) console.warn(`The rig's tests are skipped: ${found.missing}.`);

describe.runIf('cache' in found)('the wait for a phone, on a stock Linux kernel', { timeout: TIMEOUT }, () => {
  let bench: Bench;
  let small: SmallPhone;
  beforeAll(async () => {
    [bench, small] = await Promise.all([Bench.boot('cache' in found ? found.cache : ''), smallPhone('mt6735-emmc')]);
  }, TIMEOUT);
  afterAll(async () => {
    await bench?.guest.close();
    small?.remove();
  });

  it('tells of a device that cannot be read, of a phone that is on, and of one that is missed', async () => {
    const job = await bench.startJob('node packages/cli/bin/unbrick.js info --wait 600 --json');
    const events = (): ConnectionEvent[] => bench.eventsOf(job.running).filter((event) => event.type === 'connection');
    const told = async (state: string) => {
      await until(() => events().at(-1)?.state === state);
      return events().at(-1) as ConnectionEvent;
    };
    expect((await told('nothing')).advice).toMatch(/no key/);

    await bench.guest.usb.attach(new UnreadableDevice());
    expect((await told('unreadable')).seen).toMatch(/device descriptor read|unable to enumerate/);
    await bench.guest.usb.detach();

    await bench.guest.usb.attach(new IdleDevice(0x0e8d, 0x2007));
    expect((await told('meta')).devices).toMatchObject([{ busPath: '1-1', kind: 'meta' }]);
    await bench.guest.usb.detach();
    expect((await told('went-off')).seen).toMatch(/0e8d:2007 META mode was there for \d+\.\d s/);

    const phone = await bench.plugIn({ profile: 'mt6735-emmc' });
    const result: JobResult = await job.result;
    await phone.unplug();
    expect(result.code, result.text).toBe(0);
    expect(events().at(-1)?.state).toBe('connected');
  });

  /** Findings of the doctor, by code. */
  async function doctor(as = ''): Promise<Map<string, Finding>> {
    const { stdout } = await bench.guest.run(`${as}node packages/cli/dist/main.js doctor --json`);
    const findings = stdout
      .trim()
      .split('\n')
      .map((line): Finding => JSON.parse(line));
    return new Map(findings.map((finding) => [finding.code, finding]));
  }

  /** A job of somebody who may open what udev gives away, and nothing else. */
  const flashAsSomebody = (port: string) =>
    bench.startJob(
      `${AS_SOMEBODY}node packages/cli/dist/main.js flash ${small.firmware} --port ${port} --only lk --no-backup --yes --json --wait 600`,
    );
  const writeRule = () => bench.guest.run('node packages/cli/dist/main.js doctor --fix --yes');

  function expectFlashed({ code, report, text }: JobResult): void {
    expect(code, text).toBe(0);
    expect(report?.partitions).toMatchObject([{ name: 'lk', verifiedBy: 'readback-sha256' }]);
  }

  it('names the rule to somebody who may open neither device, as the doctor does, and goes on when it is there', async () => {
    const job = await flashAsSomebody('auto');
    const told = () => bench.eventsOf(job.running);
    const last = () => told().findLast((event): event is ConnectionEvent => event.type === 'connection');
    // Neither the kernel nor the journal tell somebody anything.
    await until(() => told().some((event) => event.type === 'note' && event.message.includes('dmesg')));

    const passing = await bench.plugIn({ profile: small.profile, mode: 'brom', windowMs: 2000 });
    await until(() => last()?.state === 'port-forbidden' && last()?.devices.length === 0);
    expect(last()).toMatchObject({
      seen: expect.stringMatching(/last seen: 0e8d:0003 MediaTek boot ROM on (\/dev\/ttyACM\d|usb:1-1)$/),
      advice: expect.stringContaining('`unbrick doctor --fix`'),
    });
    await passing.unplug();

    const phone = await bench.plugIn({ profile: small.profile, mode: 'brom', windowMs: 600_000 });
    await until(() => last()?.state === 'port-forbidden' && last()?.devices.length === 1);
    const forbidden = (await doctor(AS_SOMEBODY)).get('PORT_PERMISSION');
    expect(forbidden?.evidence.join()).toMatch(
      /ttyACM\d may not be opened by somebody.*bus\/usb\/.* may not be opened/,
    );
    expect(forbidden?.next.join()).toContain('unbrick doctor --fix');
    expect((await writeRule()).stdout).toContain('The rule is in place');
    expectFlashed(await job.result);
    await phone.unplug();
  });

  it('names ModemManager on the port, as the doctor does, and goes on when it is stopped', async () => {
    await writeRule();
    // Locks the port as the real one does; a copy, for the name.
    const holder = bench.guest.start(
      'cp /usr/bin/flock /run/ModemManager; until [ -c /dev/ttyACM0 ]; do sleep 0.05; done; exec /run/ModemManager --close /dev/ttyACM0 sleep 600',
    );
    const phone = await bench.plugIn({ profile: small.profile, windowMs: 600_000 });
    while ((await bench.guest.run('pgrep -x ModemManager')).code !== 0);
    const job = await flashAsSomebody('serial:/dev/ttyACM0');
    const held = () =>
      bench.eventsOf(job.running).find((event) => event.type === 'connection' && event.state === 'port-held');
    await until(() => held() !== undefined);
    expect(held()).toMatchObject({
      seen: expect.stringMatching(
        /0e8d:2000 MediaTek preloader on \/dev\/ttyACM0, held by ModemManager \(process \d+\)/,
      ),
      advice: expect.stringContaining('`sudo systemctl stop ModemManager`'),
    });
    expect((await doctor(AS_SOMEBODY)).get('PORT_GRABBER')?.message).toContain('ModemManager');
    expect((await doctor()).get('PORT_BUSY')).toMatchObject({
      severity: 'blocker',
      message: expect.stringContaining('ModemManager'),
    });
    await bench.guest.run('pkill -x ModemManager; pkill -x sleep');
    expectFlashed(await job.result);
    await holder.finished;
    await phone.unplug();
  });
});

/** Looks again and again; the test's own timeout ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}
