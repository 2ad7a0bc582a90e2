import { memoryPortPair, type Observation, type Port, UnbrickError } from '@unbrick/core';
import { describe, expect, it } from 'vitest';
import { autoSource } from './auto-source.js';
import type { PortHolder } from './port-holders.js';
import type { SeenDevice } from './usb-devices.js';
import type { UsbSystem } from './usb-system.js';

const PRELOADER = { vendorId: 0x0e8d, productId: 0x2000 };
const BROM = { vendorId: 0x0e8d, productId: 0x0003 };
const AGENT = { vendorId: 0x0e8d, productId: 0x2001 };
const META = { vendorId: 0x0e8d, productId: 0x2007 };
const forever = new AbortController().signal;

const device = (busPath: string, identity = PRELOADER, serialPath?: string): SeenDevice => ({
  ...identity,
  busPath,
  ...(serialPath === undefined ? {} : { serialPath }),
});
const refusal = (code: string) =>
  new UnbrickError({ code, stage: 'connect', message: `${code}!`, evidence: ['held by ModemManager (process 812)'] });

class FakeSystem implements UsbSystem {
  pollMs = 1;
  readonly opened: string[] = [];
  looks = 0;
  held: PortHolder[] = [];
  readonly #states: SeenDevice[][];

  /** The devices change with every look; the last state stays. */
  constructor(...states: SeenDevice[][]) {
    this.#states = states;
  }

  devices = () => this.#states[Math.min(this.looks++, this.#states.length - 1)] ?? [];
  openSerial = (path: string) => this.open(`serial:${path}`);
  openRaw = (busPath: string) => this.open(`usb:${busPath}`);
  holders = async () => this.held;
  interfaces = () => ['ff4201'];
  failures = () => [];
  failuresHidden = () => false;
  onChange = () => () => {};
  refuse: (name: string) => UnbrickError | undefined = () => undefined;

  async open(name: string): Promise<Port> {
    this.opened.push(name);
    const error = this.refuse(name);
    if (error) throw error;
    return memoryPortPair(name)[0];
  }
}

function source(system: FakeSystem) {
  const notes: string[] = [];
  return { notes, source: autoSource({ system, onNote: (note) => notes.push(note) }) };
}

describe('autoSource', () => {
  it('waits for a phone in download mode and opens its serial device', async () => {
    const other = device('1-9', META, '/dev/ttyACM0');
    const system = new FakeSystem([], [other], [other, device('1-4.2', PRELOADER, '/dev/ttyACM1')]);
    const port = await source(system).source.open(forever);
    expect(system.opened).toEqual(['serial:/dev/ttyACM1']);
    expect(port.busPath).toBe('1-4.2');
  });

  it('opens a phone without serial device on raw USB, after a moment, and says why', async () => {
    const system = new FakeSystem([device('1-1')]);
    const { notes, source: auto } = source(system);
    await auto.open(forever);
    expect(system.opened).toEqual(['usb:1-1']);
    expect(system.looks).toBeGreaterThan(10);
    expect(notes).toEqual([expect.stringContaining('no serial device')]);
  });

  it('takes the serial device that comes a moment later', async () => {
    const system = new FakeSystem([device('1-1')], [device('1-1')], [device('1-1', PRELOADER, 'COM5')]);
    await source(system).source.open(forever);
    expect(system.opened).toEqual(['serial:COM5']);
  });

  it.each(['PORT_BUSY', 'PORT_PERMISSION'])('goes past a serial device that cannot be had (%s)', async (code) => {
    const system = new FakeSystem([device('1-1', BROM, '/dev/ttyACM0')]);
    system.refuse = (name) => (name.startsWith('serial:') ? refusal(code) : undefined);
    const { notes, source: auto } = source(system);
    await auto.open(forever);
    expect(system.opened).toEqual(['serial:/dev/ttyACM0', 'usb:1-1']);
    expect(notes[0]).toContain(`${code}!`);
    expect(notes[0]).toContain('ModemManager (process 812)');
  });

  it('goes past a program that reads along', async () => {
    const system = new FakeSystem([device('1-1', BROM, '/dev/ttyACM0')]);
    system.held = [{ processId: 7, name: 'cat' }];
    const { notes, source: auto } = source(system);
    await auto.open(forever);
    expect(system.opened).toEqual(['serial:/dev/ttyACM0', 'usb:1-1']);
    expect(notes[0]).toContain('cat (process 7)');
  });

  it('tells why neither way is open', async () => {
    const system = new FakeSystem([device('1-1', BROM, '/dev/ttyACM0')]);
    system.refuse = (name) => refusal(name.startsWith('serial:') ? 'PORT_BUSY' : 'PORT_PERMISSION');
    const error = await source(system)
      .source.open(forever)
      .catch((failure) => failure);
    expect(error).toMatchObject({ code: 'PORT_BUSY', stage: 'connect' });
    expect(error.evidence.join()).toContain('on raw USB as well: PORT_PERMISSION!');
  });

  it('tells why a phone could not be opened that has gone meanwhile', async () => {
    const system = new FakeSystem([device('1-1', BROM, '/dev/ttyACM0')]);
    system.refuse = (name) => refusal(name.startsWith('serial:') ? 'PORT_PERMISSION' : 'PORT_GONE');
    await expect(source(system).source.open(forever)).rejects.toMatchObject({ code: 'PORT_PERMISSION' });
  });

  it('tells an observer of everything on the bus, and opens no phone in another mode', async () => {
    const stop = new AbortController();
    const meta = device('1-1', META, '/dev/ttyACM0');
    const system = new FakeSystem([meta], [meta, device('1-2', AGENT, '/dev/ttyACM1')]);
    const observed: Observation[] = [];
    const opening = source(system).source.open(stop.signal, undefined, (seen) => observed.push(seen));
    const ended = expect(opening).rejects.toThrow('enough');
    while (system.looks < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error('enough'));
    await ended;
    expect(system.opened).toEqual([]);
    expect(observed).toEqual([
      { kind: 'devices', devices: [{ ...meta, interfaces: ['ff4201'] }] },
      { kind: 'devices', devices: [expect.anything(), expect.objectContaining(AGENT)] },
    ]);
  });

  it('tells an observer who has the port', async () => {
    const system = new FakeSystem([device('1-1', BROM, '/dev/ttyACM0')]);
    system.refuse = () => refusal('PORT_BUSY');
    const observed: Observation[] = [];
    const opening = source(system).source.open(forever, undefined, (seen) => observed.push(seen));
    await expect(opening).rejects.toThrow('PORT_BUSY');
    expect(observed.at(-1)).toEqual({
      kind: 'refused',
      port: '/dev/ttyACM0',
      code: 'PORT_BUSY',
      holders: ['ModemManager (process 812)'],
    });
  });

  it('follows the same phone by its place on the bus, also as Download Agent', async () => {
    const system = new FakeSystem(
      [device('1-1', BROM, '/dev/a')],
      [device('1-1', BROM, '/dev/a'), device('1-4.2', AGENT, '/dev/b')],
    );
    const previous = Object.assign(memoryPortPair('before')[0], { busPath: '1-4.2' });
    await source(system).source.open(forever, previous);
    expect(system.opened).toEqual(['serial:/dev/b']);
  });

  it('does not guess between two phones', async () => {
    const system = new FakeSystem([device('1-1', PRELOADER, '/dev/ttyACM0'), device('1-4.2', BROM)]);
    const error = await source(system)
      .source.open(forever)
      .catch((failure) => failure);
    expect(error).toMatchObject({ code: 'PORT_AMBIGUOUS', stage: 'connect' });
    expect(error.evidence).toEqual([
      'seen: usb:1-1 or serial:/dev/ttyACM0 (0e8d:2000 MediaTek preloader)',
      'seen: usb:1-4.2 (0e8d:0003 MediaTek boot ROM)',
    ]);
  });

  it('lets the user choose, and keeps to the choice', async () => {
    const system = new FakeSystem([device('1-1', PRELOADER, '/dev/ttyACM0'), device('1-4.2', BROM, '/dev/ttyACM1')]);
    const asked: string[][] = [];
    const auto = autoSource({
      system,
      choose: async (phones) => {
        asked.push(phones.map((each) => each.busPath));
        return '1-4.2';
      },
    });
    await auto.open(forever);
    await auto.open(forever);
    expect(system.opened).toEqual(['serial:/dev/ttyACM1', 'serial:/dev/ttyACM1']);
    expect(asked).toEqual([['1-1', '1-4.2']]);
  });

  it('goes on when the phone has gone before it was opened', async () => {
    const system = new FakeSystem([device('1-1', PRELOADER, 'COM5')], [], [device('1-1', PRELOADER, 'COM6')]);
    system.refuse = (name) => (name === 'serial:COM5' ? refusal('PORT_GONE') : undefined);
    await source(system).source.open(forever);
    expect(system.opened).toEqual(['serial:COM5', 'serial:COM6']);
  });
});
