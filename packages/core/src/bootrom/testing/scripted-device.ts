import { Link, type LinkOptions } from '../../link/link.js';
import { memoryPortPair } from '../../link/memory-port.js';
import type { Port } from '../../link/port.js';
import { hexBytes } from '../../wire/index.js';

/** How the device's bytes are cut on their way: as written, one by one, or merged until the host has to speak. */
export type Cut = 'as-written' | 'single-bytes' | 'merged';

export interface ScriptOptions extends LinkOptions {
  cut?: Cut;
  /** Bulk data by the name it has in the script: `> @agent`. */
  data?: Record<string, Uint8Array>;
}

/**
 * Plays the device side of a transcript over a memory port: `> FD` is what the host must send (exactly), `< FD` what the
 * device sends then; `;` starts a comment; `> (hang up)` ends the connection. `done` rejects, naming the line, when the host sends
 * anything else, and resolves after the last line; host bytes beyond the script are found by {@link Scripted.extra}.
 */
export interface Scripted {
  link: Link;
  done: Promise<void>;
  /** Bytes the host has sent after the end of the script, as hex digits. */
  extra(): Promise<string>;
}

export function scriptedPhone(script: string, options: ScriptOptions = {}): Scripted {
  const [port, device] = memoryPortPair('script');
  const line = new Link(device);
  const done = play(line, device, script, options);
  // The test awaits it; until then a failure is not unhandled.
  done.catch(() => {});
  return { link: new Link(port, options), done, extra: async () => hexBytes(await line.readAvailable(0)) };
}

async function play(line: Link, device: Port, script: string, options: ScriptOptions): Promise<void> {
  const { cut = 'as-written', data = {} } = options;
  let held: number[] = [];
  for (const [index, text] of script.split('\n').entries()) {
    const [direction, rest = ''] = split(text);
    if (direction === '<') {
      const bytes = parseHex(rest);
      if (cut === 'merged') held.push(...bytes);
      else if (cut === 'single-bytes') for (const byte of bytes) await device.send(Uint8Array.of(byte));
      else await device.send(bytes);
    } else if (direction === '>') {
      if (held.length > 0) await device.send(Uint8Array.from(held));
      held = [];
      if (rest === '(hang up)') return device.close();
      const wanted = rest.startsWith('@') ? (data[rest.slice(1)] as Uint8Array) : parseHex(rest);
      const got = await line.read(wanted.length, { timeoutMs: 4000, what: `line ${index + 1} of the script: ${text}` });
      if (hexBytes(got) !== hexBytes(wanted)) {
        throw new Error(`line ${index + 1}: the host sent ${hexBytes(got)} where the script has ${hexBytes(wanted)}`);
      }
    }
  }
  if (held.length > 0) await device.send(Uint8Array.from(held));
}

function split(text: string): [string?, string?] {
  const line = text.replace(/;.*/, '').trim();
  return [line[0], line.slice(1).trim()];
}

function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`not hexadecimal: ${text}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
