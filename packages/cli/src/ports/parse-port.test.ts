import { UnbrickError } from '@unbrick/core';
import { describe, expect, it } from 'vitest';
import { PORT_FORMS, parsePort } from './parse-port.js';

describe('parsePort', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['serial:/dev/ttyACM0', { kind: 'serial', path: '/dev/ttyACM0' }],
    ['serial:COM5', { kind: 'serial', path: 'COM5' }],
    ['usb:1-4.2', { kind: 'usb', busPath: '1-4.2' }],
    ['tcp:127.0.0.1:7001', { kind: 'tcp', host: '127.0.0.1', port: 7001 }],
    ['tcp:bench.local:1', { kind: 'tcp', host: 'bench.local', port: 1 }],
    ['tcp:[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
    ['virtual:mt6735-emmc', { kind: 'virtual', profile: 'mt6735-emmc', faults: [] }],
    [
      'virtual:mt6735-emmc?mode=brom&fault=silent&fault=bad-write=system&link-rate=40MB/s',
      {
        kind: 'virtual',
        profile: 'mt6735-emmc',
        mode: 'brom',
        faults: ['silent', 'bad-write=system'],
        linkRate: 40_000_000,
      },
    ],
    ['virtual:x?link-rate=500000', { kind: 'virtual', profile: 'x', faults: [], linkRate: 500_000 }],
  ])('reads %s', (text, spec) => {
    expect(parsePort(text)).toEqual(spec);
  });

  it.each([
    '',
    'usb',
    'usb:',
    'usb:4',
    '/dev/ttyACM0',
    'serial:',
    'tcp:7001',
    'tcp:host:0',
    'tcp:host:65536',
    'tcp:::1:7001',
    'virtual:',
    'virtual:x?mode=fast',
    'virtual:x?link-rate=quick',
    'virtual:x?link-rate=0',
    'virtual:x?what',
  ])("refuses '%s' and lists the forms", (text) => {
    let error: unknown;
    try {
      parsePort(text);
    } catch (cause) {
      error = cause;
    }
    expect(error).toBeInstanceOf(UnbrickError);
    expect(error).toMatchObject({ code: 'PORT_NAME_INVALID', stage: 'usage', next: PORT_FORMS });
  });
});
