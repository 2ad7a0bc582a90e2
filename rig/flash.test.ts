import type { PhoneLogEntry, UsbPhoneOptions } from '@unbrick/phone';
import type { OpenPhoneOptions } from '@unbrick/phone/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type JobResult, type PluggedPhone } from './bench.js';
import { AS_SOMEBODY, rigCache } from './guest.js';
import { type SmallPhone, smallPhone } from './small-phone.js';

/** Emulation on a busy machine: ten times what it takes on a quiet one. */
const TIMEOUT = 180_000;
/** How often the two main tests are repeated; once in continuous integration. */
const ROUNDS = Number(process.env.UNBRICK_RIG_ROUNDS ?? 1);
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
  async function flash(
    port: string,
    options: OpenPhoneOptions,
    usb: UsbPhoneOptions = {},
    onLog: (entry: PhoneLogEntry, phone: PluggedPhone) => void = () => {},
    as = '',
    firmware = small.firmware,
  ): Promise<JobResult> {
    const command = `${as}node packages/cli/dist/main.js flash ${firmware} --port ${port} --only lk,logo,preloader --yes --json --backup-dir /tmp`;
    const job = await bench.startJob(command);
    phone = await bench.plugIn(options, usb, onLog);
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

  /** Each kind of phone over each kind of port; the usual pairs alone in continuous integration. */
  const pairs = [
    { what: 'a preloader phone', port: 'serial:/dev/ttyACM0', usual: true },
    { what: 'a boot ROM phone with a window of two seconds', port: 'usb:1-1', usual: true },
    { what: 'a preloader phone', port: 'usb:1-1', usual: false },
    { what: 'a boot ROM phone with a window of two seconds', port: 'serial:/dev/ttyACM0', usual: false },
  ];
  it.each(pairs.filter(({ usual }) => usual || ROUNDS > 1))(
    'flashes $what over $port',
    { repeats: ROUNDS - 1 },
    async ({ what, port }) => {
      const bootRom = { mode: 'brom', windowMs: 2000 } as const;
      expectFlashed(await flash(port, { profile: small.profile, ...(what.includes('boot ROM') ? bootRom : {}) }));
    },
  );

  it('flashes a phone whose damaged descriptors leave it without serial device, and says how', async () => {
    const result = await flash('auto', { profile: small.profile }, { variant: 'ssusb', padded: true });
    expectFlashed(result);
    expect(notes(result)).toContain('Using raw USB (usb:1-1): the system has made no serial device');
  });

  it('follows an agent that comes back at high speed', async () => {
    const xflash = await smallPhone('mt6765-emmc');
    const result = await flash(
      'usb:1-1',
      { profile: xflash.profile, mode: 'brom', windowMs: 2000 },
      {},
      undefined,
      '',
      xflash.firmware,
    );
    xflash.remove();
    expectFlashed(result);
    expect(notes(result)).toContain('come back at high speed');
  });

  it('goes past a program that reads the serial device, and names it', async () => {
    const reader = bench.guest.start(
      'cp /usr/bin/cat /run/ModemManager; until [ -c /dev/ttyACM0 ]; do sleep 0.05; done; exec /run/ModemManager /dev/ttyACM0',
    );
    const result = await flash('auto', { profile: small.profile, mode: 'brom' });
    await bench.guest.run('pkill -x ModemManager');
    await reader.finished;
    expectFlashed(result);
    expect(notes(result)).toMatch(/Using raw USB .*held by ModemManager \(process \d+\)/);
  });

  // Somebody who may open neither device is the guide's; raw USB alone is for the longer run.
  it.runIf(ROUNDS > 1)('goes past a serial device that may not be opened, and says so', async () => {
    // Raw USB belongs to the group root.
    const as = AS_SOMEBODY.replace('--regid 4242', '--regid 0');
    const result = await flash('auto', { profile: small.profile, mode: 'brom' }, {}, undefined, as);
    expectFlashed(result);
    expect(notes(result)).toMatch(/Using raw USB .*You are not allowed to open \/dev\/ttyACM0/);
  });

  const stages = [
    { stage: 'bootrom', command: 'SEND_DA' },
    { stage: 'agent', command: 'SDMMC_READ_PMT' },
    { stage: 'backup', command: 'READ' },
    { stage: 'write', command: 'SDMMC_WRITE_DATA' },
  ];
  // One over each port in continuous integration, all of them in a longer run.
  const pulls = ['usb:1-1', 'serial:/dev/ttyACM0'].flatMap((port) => stages.map((each) => ({ ...each, port })));
  const usual = pulls.filter(({ stage, port }) => stage === (port.startsWith('usb') ? 'write' : 'bootrom'));
  it.each(ROUNDS > 1 ? pulls : usual)(
    'tells what became of a cable pulled at the stage $stage over $port, and the next try works',
    async ({ stage, command, port }) => {
      let pulled = false;
      const result = await flash(port, { profile: small.profile, mode: 'brom' }, {}, (entry, plugged) => {
        if (entry.what !== command || pulled) return;
        pulled = true;
        void plugged.usb.pullCable();
      });
      expect(result.code, result.text).toBe(1);
      const error = result.events.find((event) => event.type === 'error');
      expect(error, result.text).toMatchObject({ code: 'PHONE_GONE' });
      expect(result.report?.phoneState).toMatch(stage === 'write' ? /lk is incomplete/ : /Nothing was written/);
      expectFlashed(await flash(port, { profile: small.profile, mode: 'brom' }));
    },
  );
});
