import { UnbrickError } from '@unbrick/core';

/** What `--port` names. */
export type PortSpec =
  | { kind: 'auto' }
  | { kind: 'serial'; path: string }
  | {
      kind: 'usb';
      /** Bus and hub ports as Linux names them: `1-4.2`. */
      busPath: string;
    }
  | { kind: 'tcp'; host: string; port: number }
  | {
      kind: 'virtual';
      profile: string;
      mode?: 'preloader' | 'brom';
      /** As `--fault` takes them. */
      faults: string[];
      /** Bytes per second. */
      linkRate?: number;
    };

/** The forms of `--port`, for help texts and errors. */
export const PORT_FORMS: readonly string[] = [
  'auto                          any MediaTek phone that shows up on USB',
  'serial:/dev/ttyACM0           a serial device (Windows: serial:COM5)',
  'usb:1-4.2                     the phone on this USB port, past the serial driver (bus 1, port 4, port 2 of a hub)',
  'tcp:127.0.0.1:7001            a virtual phone in another process (unbrick phone --tcp ...)',
  'virtual:mt6735-emmc           a virtual phone in this process; also virtual:PROFILE?mode=brom&fault=NAME&link-rate=40MB/s',
];

const RATE_UNITS: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Reads the text of `--port`. @throws UnbrickError `PORT_NAME_INVALID` (stage `usage`), listing the forms */
export function parsePort(text: string): PortSpec {
  if (text === 'auto') return { kind: 'auto' };
  const [kind, rest] = split(text, ':');
  switch (kind) {
    case 'serial':
      if (!rest) throw invalid(text, 'it does not name a device');
      return { kind, path: rest };
    case 'usb':
      if (!/^[\w()#]+-[\w.]+$/.test(rest)) throw invalid(text, 'it does not name a USB port such as usb:1-4.2');
      return { kind, busPath: rest };
    case 'tcp':
      return parseTcp(text, rest);
    case 'virtual':
      return parseVirtual(text, rest);
    default:
      throw invalid(text, 'it starts with none of auto, serial:, usb:, tcp:, virtual:');
  }
}

function parseTcp(text: string, address: string): PortSpec {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(address);
  if (!match) throw invalid(text, 'it is not HOST:PORT');
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) throw invalid(text, `${port} is not a TCP port (1 to 65535)`);
  return { kind: 'tcp', host: (match[1] ?? match[2]) as string, port };
}

function parseVirtual(text: string, rest: string): PortSpec {
  const [profile, query] = split(rest, '?');
  if (!profile) throw invalid(text, 'it does not name a profile');
  const spec: PortSpec = { kind: 'virtual', profile, faults: [] };
  for (const option of query.split('&').filter((each) => each !== '')) {
    const [name, value] = split(option, '=');
    if (name === 'mode' && (value === 'brom' || value === 'preloader')) spec.mode = value;
    else if (name === 'fault' && value) spec.faults.push(value);
    else if (name === 'link-rate') spec.linkRate = parseRate(text, value);
    else throw invalid(text, `'${option}' is none of mode=preloader, mode=brom, fault=NAME, link-rate=RATE`);
  }
  return spec;
}

/** `40MB/s`, `12m` or `5000000` as bytes per second. */
function parseRate(text: string, rate: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:b(?:\/s)?)?$/i.exec(rate);
  const bytes = Number(match?.[1]) * (RATE_UNITS[(match?.[2] ?? '').toLowerCase()] as number);
  if (!match || bytes <= 0) throw invalid(text, `'${rate}' is not a rate such as 40MB/s`);
  return bytes;
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function invalid(text: string, why: string): UnbrickError {
  return new UnbrickError({
    code: 'PORT_NAME_INVALID',
    stage: 'usage',
    message: `'${text}' does not name a port: ${why}.`,
    next: [...PORT_FORMS],
  });
}
