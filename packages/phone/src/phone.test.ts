import { afterEach, describe, expect, it } from 'vitest';
import { LeaveBus } from './device/wire.js';
import { NO_FAULTS, parseFault } from './faults.js';
import { VirtualPhone } from './phone.js';
import { findProfile, listProfiles } from './profiles/profiles.js';
import { MemoryStorage } from './storage/memory-storage.js';
import { ScriptedHost } from './testing/scripted-host.fixture.js';
import { type TestPhone, testPhone } from './testing/test-phone.fixture.js';

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});
function open(...args: Parameters<typeof testPhone>): TestPhone {
  const made = testPhone(...args);
  phones.push(made.phone);
  return made;
}

async function startAgent(host: ScriptedHost): Promise<void> {
  await host.handshake();
  for (const value of ['d7', '00200000', '00000002', '00000000']) await host.exchange(value, value);
  await host.receive(2);
  await host.exchange('0102', '0201 0000');
  await host.exchange('d5', 'd5');
  await host.exchange('00200000', '00200000 0000');
}

describe('a life on the bus', () => {
  it('is an idle boot ROM that gives up, and comes back', async () => {
    let now = 0;
    // Time passes only while somebody waits for it.
    const clock = {
      now: () => now,
      after: (ms: number, callback: () => void) => {
        const timer = setTimeout(() => {
          now += ms;
          callback();
        }, 0);
        return () => clearTimeout(timer);
      },
    };
    const { plugIn } = open('mt6580-emmc', { mode: 'brom', clock, replugMs: 1000 });
    const host = await plugIn();
    expect(host.port.identity).toEqual({ vendorId: 0x0e8d, productId: 0x0003 });
    expect(await host.untilGone()).toBe('');
    expect(now).toBeGreaterThanOrEqual(4700);
    const again = await plugIn();
    expect(now).toBeGreaterThanOrEqual(5700);
    await again.handshake();
  });

  it('is a preloader that boots on when nobody talks to it', async () => {
    const plain = findProfile('mt6735-emmc');
    const profile = { ...plain, preloader: { ...plain.preloader, windowMs: 60 } };
    const { plugIn, log } = open(profile);
    const host = await plugIn();
    expect(host.port.identity?.productId).toBe(0x2000);
    expect(await host.untilGone()).toMatch(/^(5245414459)+$/);
    expect(log.at(-1)).toMatchObject({ what: 'LEAVE', detail: { next: 'boot' } });
    expect((await plugIn()).port.identity?.productId).toBe(0x2000);
  });

  it('ends when the host lets go, and the next one starts where phones start', async () => {
    const { plugIn, log } = open('mt6580-emmc', { mode: 'brom' });
    const host = await plugIn();
    await startAgent(host);
    await host.port.close();
    await expect(host.port.send(Uint8Array.of(1))).rejects.toThrow(/gone/);
    const again = await plugIn();
    await again.handshake();
    expect(log.filter(({ what }) => what === 'LEAVE')).toMatchObject([{ detail: { next: 'unplugged' } }]);
  });

  it('gives the host the last words of an agent that leaves', async () => {
    const { plugIn } = open('mt6580-emmc', {
      mode: 'brom',
      agent: async ({ wire }) => {
        await wire.write(Uint8Array.of(0x5a, 0x5b));
        throw new LeaveBus('boot');
      },
    });
    const host = await plugIn();
    await startAgent(host);
    expect(await host.untilGone()).toBe('5a5b');
  });

  it('goes on after a re-enumeration with the same program', async () => {
    const { plugIn, agents } = open('mt6580-emmc', {
      mode: 'brom',
      agent: async ({ wire }) => {
        await wire.write(Uint8Array.of(0xc0));
        await wire.read(1);
        await wire.reEnumerate(0x2001);
        await wire.write(Uint8Array.of(0xc1));
        await wire.read(1);
        throw new LeaveBus('off');
      },
    });
    const host = await plugIn();
    await startAgent(host);
    await host.exchange('', 'c0');
    await host.send('01');
    await host.untilGone();
    await host.port.close();
    const again = await plugIn();
    expect(again.port.identity?.productId).toBe(0x2001);
    await again.exchange('', 'c1');
    await again.send('01');
    await again.untilGone();
    expect(agents).toHaveLength(1);
  });

  it('survives firmware that crashes', async () => {
    const { plugIn, log } = open('mt6580-emmc', {
      mode: 'brom',
      agent: async () => {
        throw new TypeError('a bug');
      },
    });
    const host = await plugIn();
    await startAgent(host);
    await host.untilGone();
    expect(log.find(({ what }) => what === 'CRASH')?.detail?.message).toMatch(/a bug/);
    await (await plugIn()).handshake();
  });

  it('is in the boot ROM when there is no preloader to start', async () => {
    const { phone, plugIn } = open('mt6580-emmc', {
      storage: new MemoryStorage('emmc', findProfile('mt6580-emmc').storage.regions),
      newborn: false,
    });
    expect(phone.mode).toBe('preloader');
    expect((await plugIn()).port.identity?.productId).toBe(0x0003);
  });

  it('has one host at a time', async () => {
    const { phone, plugIn } = open('mt6580-emmc', { mode: 'brom' });
    const first = await plugIn();
    await expect(phone.attach(AbortSignal.timeout(30))).rejects.toThrow(/timeout/i);
    const waiting = phone.attach();
    await first.port.close();
    await new ScriptedHost(await waiting).handshake();
  });

  it('is over with close(), also for those who wait', async () => {
    const { phone, plugIn } = open('mt6580-emmc', { mode: 'brom' });
    const host = await plugIn();
    const waiting = phone.attach();
    const refused = expect(waiting).rejects.toThrow(/closed/);
    await phone.close();
    await refused;
    expect(await host.port.receive()).toBeNull();
    await expect(phone.attach()).rejects.toThrow(/closed/);
  });
});

describe('the phones of the package', () => {
  const modes = listProfiles().flatMap((name) => findProfile(name).modes.map((mode) => [name, mode] as const));

  it.each(modes)('%s starts its agent from %s', async (name, mode) => {
    const profile = findProfile(name);
    const storage = new MemoryStorage(profile.storage.kind, profile.storage.regions);
    const phone = new VirtualPhone({ profile, mode, storage });
    phones.push(phone);
    const host = new ScriptedHost(await phone.attach(AbortSignal.timeout(5000)));
    await (mode === 'brom' ? host.handshake() : host.preloaderHandshake());
    const address = profile.agent.stage1Address.toString(16).padStart(8, '0');
    for (const value of ['d7', address, '00000102', '00000100']) await host.exchange(value, value);
    await host.receive(2);
    await host.send(`0102${'00'.repeat(0x100)}`);
    expect(await host.receive(4)).toBe('02010000');
    await host.exchange('d5', 'd5');
    await host.exchange(address, `${address} 0000`);
    // XML agents greet with the magic number of a frame.
    expect(await host.receive(1)).toBe(profile.agent.generation === 'xml' ? 'ef' : 'c0');
  });
});

describe('faults', () => {
  it('loses the cable once, after so many bytes', async () => {
    const { plugIn, agents } = open('mt6580-emmc', { mode: 'brom', faults: parseFault('disconnect-after=10') });
    const host = await plugIn();
    await host.handshake();
    await expect(host.send('fdfdfdfdfdfdfdfd')).rejects.toThrow(/cable/);
    expect(await host.port.receive()).toBeNull();
    const again = await plugIn();
    await startAgent(again);
    await again.exchange('', 'c0');
    expect(agents).toHaveLength(1);
  });

  it('stays silent for ever', async () => {
    const { plugIn } = open('mt6580-emmc', { faults: parseFault('silent') });
    const host = await plugIn();
    await host.send('a0a0a0a0');
    expect(await host.silence(50)).toBe('');
  });

  it('shows itself for a moment only', async () => {
    let now = 0;
    const clock = {
      now: () => now,
      after: (ms: number, callback: () => void) => {
        const timer = setTimeout(() => {
          now += ms;
          callback();
        }, 0);
        return () => clearTimeout(timer);
      },
    };
    const { plugIn } = open('mt6735-emmc', { faults: parseFault('short-window'), clock });
    const host = await plugIn();
    await host.untilGone();
    expect(now).toBeGreaterThanOrEqual(600);
    expect(now).toBeLessThan(700);
    await plugIn();
    expect(now).toBeGreaterThanOrEqual(2600);
  });

  it('are refused when they make no sense', () => {
    expect(() => parseFault('battery')).toThrow(/battery=3400/);
    expect(() => parseFault('battery=full')).toThrow(/battery=3400/);
    expect(parseFault('battery=0')).toMatchObject({ batteryMillivolts: 0 });
  });

  it('are refused when they name a partition that is not there', () => {
    expect(() => testPhone('mt6580-emmc', { faults: parseFault('bad-write=nonsense') })).toThrow(/it has .*lk2/);
    expect(() => testPhone({ ...findProfile('mt6580-emmc'), modes: ['preloader'] }, { mode: 'brom' })).toThrow(
      /has no mode brom/,
    );
  });

  it('reach the storage the agent works on', async () => {
    const { plugIn, agents } = open('mt6580-emmc', {
      mode: 'brom',
      faults: { ...parseFault('bad-write=lk'), ...NO_FAULTS, badWrite: 'lk' },
    });
    const host = await plugIn();
    await startAgent(host);
    await host.exchange('', 'c0');
    const { storage, profile } = agents[0] as NonNullable<(typeof agents)[0]>;
    const lk = profile.partitions.find(({ name }) => name === 'lk');
    const at = lk?.start ?? 0;
    await storage.write('user', at - 512, new Uint8Array(1024));
    const stored = await storage.read('user', at - 512, 1024);
    expect(stored.filter((byte) => byte !== 0)).toHaveLength(1);
    expect(stored[512]).toBe(1);
  });
});
