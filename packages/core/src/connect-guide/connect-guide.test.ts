import { beforeEach, describe, expect, it } from 'vitest';
import { chooseLanguage } from '../explain/language.js';
import type { ObservedDevice } from '../link/observation.js';
import { ConnectGuide } from './connect-guide.js';
import { deviceKind } from './device-kind.js';

const at = (productId: number, more: Partial<ObservedDevice> = {}): ObservedDevice => ({
  vendorId: 0x0e8d,
  productId,
  busPath: '1-4',
  ...more,
});
const PRELOADER = at(0x2000, { serialPath: '/dev/ttyACM0' });
const BROM = at(0x0003);
const KEYBOARD: ObservedDevice = { vendorId: 0x046d, productId: 0xc31c, busPath: '1-2' };

let now: number;
let guide: ConnectGuide;
beforeEach(() => {
  now = 1000;
  guide = new ConnectGuide(() => now);
});

const see = (...devices: ObservedDevice[]) => guide.observe({ kind: 'devices', devices });
const later = (ms: number) => {
  now += ms;
};
const state = () => guide.guidance().state;
const advice = () => guide.guidance().advice;
const seen = () => guide.guidance().seen;
/** A phone that shows itself for a while. */
const appear = (device: ObservedDevice, ms: number) => {
  see(device);
  later(ms);
  see();
};

describe('while nothing is seen', () => {
  it('proposes the gentle ways first, each at its time, and begins again at the end', () => {
    see(KEYBOARD);
    const told: string[] = [];
    for (let second = 0; second <= 226; second++) {
      const text = advice();
      if (told.at(-1) !== text) told.push(text);
      later(1000);
    }
    const order = [
      /no key/,
      /hold Power for 15/,
      /Volume Up/,
      /Volume Down/,
      /both volume keys/,
      /battery out/,
      /battery back/,
    ];
    const rest = [/another cable/, /Plug in now, first without/, /wall charger/, /from the beginning/, /no key/];
    expect(told).toHaveLength(order.length + rest.length);
    for (const [i, pattern] of [...order, ...rest].entries()) expect(told[i]).toMatch(pattern);
    expect(guide.guidance()).toMatchObject({ state: 'nothing', seen: 'No phone on USB', devices: [], appearances: 0 });
  });

  it('goes to the cable at once when a device cannot be read, and says so while it fails', () => {
    guide.observe({ kind: 'enumeration-failed', busPath: '1-4', detail: 'device descriptor read/64, error -71' });
    guide.observe({ kind: 'enumeration-failed', busPath: '1-4', detail: 'device descriptor read/64, error -71' });
    expect(state()).toBe('unreadable');
    expect(seen()).toBe('A device that cannot be read (2×): device descriptor read/64, error -71');
    expect(advice()).toContain('Another cable');
    later(9000);
    expect(state()).toBe('nothing');
    expect(advice()).toContain('another cable');
  });

  it('forgets that a device could not be read as soon as one can', () => {
    guide.observe({ kind: 'enumeration-failed', busPath: '1-4', detail: 'device descriptor read/64, error -71' });
    later(1000);
    appear(at(0x2007), 1000);
    expect(state()).toBe('went-off');
  });

  it('shows Windows’ device of code 43 as what it is', () => {
    see({ vendorId: 0, productId: 2, busPath: '1-1' });
    expect(state()).toBe('unreadable');
  });
});

describe('a phone in download mode', () => {
  it('is told with what it says, until it answers', () => {
    see(PRELOADER);
    expect(guide.guidance()).toMatchObject({ state: 'seen', seen: '0e8d:2000 MediaTek preloader', appearances: 1 });
    guide.observe({ kind: 'opened', port: 'serial:/dev/ttyACM0' });
    guide.observe({ kind: 'heard', what: 'ready' });
    expect(seen()).toContain('which says READY');
    guide.observe({ kind: 'heard', what: 'answer' });
    later(10_000);
    expect(state()).toBe('connected');
  });

  it.each([
    ['ready', 'ready-unanswered'],
    ['garbage', 'garbage'],
    ['echo', 'echo'],
    [undefined, 'silent'],
  ] as const)('that stays and says %s is %s', (what, expected) => {
    see(BROM);
    later(3500);
    expect(state()).toBe('seen');
    guide.observe({ kind: 'opened', port: 'usb:1-4' });
    if (what) guide.observe({ kind: 'heard', what });
    later(3500);
    expect(state()).toBe(expected);
  });

  it('that boots on was missed; how long it was there is told', () => {
    see(PRELOADER);
    guide.observe({ kind: 'heard', what: 'ready' });
    later(2400);
    see();
    expect(state()).toBe('missed');
    expect(seen()).toBe('0e8d:2000 MediaTek preloader was there for 2.4 s and said READY');
    later(16_000);
    expect(state()).toBe('nothing');
    expect(seen()).toContain('last seen: 0e8d:2000 MediaTek preloader for 2.4 s');
    expect(advice()).toMatch(/no key/);
  });

  it('that comes and goes is in a boot loop', () => {
    for (let i = 0; i < 3; i++) {
      appear(PRELOADER, 2000);
      later(4000);
    }
    expect(state()).toBe('boot-loop');
    expect(guide.guidance().appearances).toBe(3);
  });

  it('whose boot ROM goes at once wants its key held; one that goes after five seconds does not', () => {
    appear(BROM, 1200);
    expect(state()).toBe('keys-released');
    later(2000);
    appear(BROM, 4700);
    expect(state()).toBe('brom-restarts');
  });

  it('that comes back as boot ROM on the same port is another appearance', () => {
    see(PRELOADER);
    later(500);
    see(BROM);
    expect(guide.guidance()).toMatchObject({ state: 'seen', appearances: 2 });
  });
});

describe('a port that cannot be had', () => {
  const refused = (code: string, holders: string[] = []) => {
    see(PRELOADER);
    guide.observe({ kind: 'refused', port: '/dev/ttyACM0', code, holders });
  };

  it('names the program that holds it', () => {
    refused('PORT_BUSY', ['ModemManager (process 812)']);
    expect(guide.guidance()).toMatchObject({
      state: 'port-held',
      seen: '0e8d:2000 MediaTek preloader on /dev/ttyACM0, held by ModemManager (process 812)',
    });
    expect(advice()).toContain('`sudo systemctl stop ModemManager`');
  });

  it('tells a missing permission from other failures', () => {
    refused('PORT_PERMISSION');
    expect(state()).toBe('port-forbidden');
    refused('PORT_FAILED');
    expect(state()).toBe('port-failed');
  });

  it('stays in the way when the phone goes, until one comes whose port opens', () => {
    refused('PORT_BUSY', ['minicom (process 7)']);
    later(2000);
    see();
    expect(guide.guidance()).toMatchObject({
      state: 'port-held',
      seen: 'No phone on USB; last seen: 0e8d:2000 MediaTek preloader on /dev/ttyACM0, held by minicom (process 7)',
      advice: 'Close minicom (process 7), then plug the phone in again; the job goes on.',
    });
    later(2000);
    see(PRELOADER);
    expect(state()).toBe('seen');
    guide.observe({ kind: 'opened', port: 'usb:1-4' });
    see();
    expect(state()).toBe('missed');
  });

  it('is forgotten after a while without a phone', () => {
    refused('PORT_PERMISSION');
    see();
    later(61_000);
    expect(state()).toBe('nothing');
  });

  it('is told even if nothing is known of what is behind it', () => {
    see();
    guide.observe({ kind: 'refused', port: '/dev/ttyUSB0', code: 'PORT_BUSY', holders: [] });
    expect(guide.guidance()).toMatchObject({ state: 'port-held', seen: 'No phone on USB; last seen: /dev/ttyUSB0' });
    expect(advice()).toMatch(/terminal programs/);
  });
});

describe('a phone that is on', () => {
  it.each([
    [at(0x2001), 'agent-running'],
    [at(0x2007), 'meta'],
    [at(0x20ff), 'phone-on'],
    [at(0x201c), 'phone-on'],
    [at(0x201c, { interfaces: ['ff4203'] }), 'fastboot'],
    [{ vendorId: 0x18d1, productId: 0x4ee0, busPath: '1-4' }, 'fastboot'],
    [{ vendorId: 0x2717, productId: 0xff48, busPath: '1-4', interfaces: ['060101', 'ff4201'] }, 'phone-on'],
  ] as const)('%o is %s', (device, expected) => {
    see(KEYBOARD, device);
    expect(state()).toBe(expected);
    see(KEYBOARD);
    expect(state()).toBe('went-off');
  });

  it('does not hide one in download mode', () => {
    see(at(0x2007, { busPath: '1-9' }), PRELOADER);
    expect(state()).toBe('seen');
    expect(guide.guidance().devices.map((each) => each.kind)).toEqual(['meta', 'preloader']);
  });

  it('brings the gentle ways back to the front when it goes', () => {
    later(31_000);
    expect(advice()).toMatch(/Volume Up/);
    appear(at(0x2007), 1000);
    guide.guidance();
    later(15_001);
    expect(advice()).toMatch(/no key/);
  });
});

describe('in the language of the user', () => {
  it('says what is seen and what to do, with numbers as that language writes them', () => {
    guide = new ConnectGuide(() => now, chooseLanguage('ru'));
    see(BROM);
    expect(seen()).toBe('0e8d:0003 BROM MediaTek');
    later(1200);
    see();
    expect(seen()).toBe('0e8d:0003 BROM MediaTek: был 1,2 с');
    expect(advice()).toMatch(/зажмите ту же кнопку/);
    later(16_000);
    expect(advice()).toMatch(/держите кнопку питания 15 секунд/);
  });
});

describe('deviceKind', () => {
  it('knows no phone in a keyboard', () => {
    expect(deviceKind(KEYBOARD)).toBeUndefined();
    expect(deviceKind({ ...KEYBOARD, interfaces: ['030101'] })).toBeUndefined();
  });
});
