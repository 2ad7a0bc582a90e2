import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type JobResult, type PluggedPhone } from './bench.js';
import { rigCache } from './guest.js';
import { type SmallPhone, smallPhone } from './small-phone.js';

/** Emulation on a busy machine: ten times what it takes on a quiet one. */
const TIMEOUT = 180_000;
const found = rigCache();
if ('missing' in found) console.warn(`The rig's tests are skipped: ${found.missing}.`);

describe.runIf('cache' in found)('a stock Linux kernel and phones on its USB port', { timeout: TIMEOUT }, () => {
  let bench: Bench;
  let small: SmallPhone;
  let phone: PluggedPhone | undefined;

  beforeAll(async () => {
    [bench, small] = await Promise.all([Bench.boot('cache' in found ? found.cache : ''), smallPhone('mt6735-emmc')]);
  }, TIMEOUT);
  afterAll(async () => {
    await phone?.unplug();
    await bench?.guest.close();
    small?.remove();
  });

  /** The job is started first and the phone plugged in when it waits, as users are told to. */
  async function flash(port: string, ...plug: Parameters<Bench['plugIn']>): Promise<JobResult> {
    const command = `node packages/cli/bin/unbrick.js flash ${small.firmware} --port ${port} --only lk,logo,preloader --yes --json --backup-dir /tmp`;
    const job = await bench.startJob(command);
    phone = await bench.plugIn(...plug);
    const result = await job.result;
    await phone.unplug();
    phone = undefined;
    return result;
  }

  function expectFlashed({ code, report, text }: JobResult): void {
    expect(code, text).toBe(0);
    expect(report?.partitions.map((each) => each.name).sort()).toEqual(['lk', 'logo', 'preloader']);
    for (const each of report?.partitions ?? []) expect(each.verifiedBy).toBe('readback-sha256');
    expect(report?.backup?.files.length).toBeGreaterThan(3);
  }

  const notes = ({ events }: JobResult) =>
    events.flatMap((event) => (event.type === 'note' ? event.message : [])).join('\n');

  it('flashes a preloader phone over the serial device', async () => {
    const result = await flash('auto', { profile: small.profile });
    expectFlashed(result);
    expect(notes(result)).toContain('serial:/dev/ttyACM0');
  });

  it('flashes a boot ROM phone with a window of two seconds over raw USB', async () => {
    expectFlashed(await flash('usb:1-1', { profile: small.profile, mode: 'brom', windowMs: 2000 }));
  });

  it('flashes a phone whose damaged descriptors leave it without serial device, and says how', async () => {
    const result = await flash('auto', { profile: small.profile }, { variant: 'ssusb', padded: true });
    expectFlashed(result);
    expect(notes(result)).toContain('Using raw USB (usb:1-1): the system has made no serial device');
  });
});
