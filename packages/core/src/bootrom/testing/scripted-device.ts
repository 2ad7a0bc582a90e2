import { Link, type LinkOptions } from '../../link/link.js';
import { memoryPortPair } from '../../link/memory-port.js';
import type { Port, PortIdentity } from '../../link/port.js';
import { concat, hexBytes } from '../../wire/index.js';

/** How the device's bytes are cut on their way: as written, one by one, or merged until the host has to speak. */
export type Cut = 'as-written' | 'single-bytes' | 'merged';

export interface ScriptOptions extends LinkOptions {
  cut?: Cut;
  identity?: PortIdentity;
  /** Bulk data by the name it has in the script: `> @agent`. */
  data?: Record<string, Uint8Array>;
}

/**
 * Plays the device side of a transcript over a memory port: `> FD` is what the host must send (exactly), `< FD` what the
 * device sends then; `>+ A0` allows the byte to be repeated; `;` starts a comment; `> (hang up)` ends the connection. `done` rejects, naming the line, when the host sends
 * anything else, and resolves after the last line; host bytes beyond the script are found by {@link Scripted.extra}.
 */
export interface Scripted {
  link: Link;
  done: Promise<void>;
  /** Bytes the host has sent after the end of the script, as hex digits. */
  extra(): Promise<string>;
}

export function scriptedPhone(script: string, options: ScriptOptions = {}): Scripted {
  const { port, done, extra } = scriptedPort(script, options);
  return { link: new Link(port, options), done, extra };
}

/** As {@link scriptedPhone}, before a link is made of it. */
export function scriptedPort(
  script: string,
  options: ScriptOptions = {},
): Pick<Scripted, 'done' | 'extra'> & { port: Port } {
  const [port, device] = memoryPortPair('script', options.identity);
  const line = new Link(device);
  const done = play(line, device, script, options);
  // The test awaits it; until then a failure is not unhandled.
  done.catch(() => {});
  return { port, done, extra: async () => hexBytes(await line.readAvailable(0)) };
}

async function play(line: Link, device: Port, script: string, options: ScriptOptions): Promise<void> {
  const { cut = 'as-written', data = {} } = options;
  let held: number[] = [];
  let repeatable: number | undefined;
  for (const [index, text] of script.split('\n').entries()) {
    const { direction, rest } = split(text);
    if (direction === '<') {
      const bytes = parseHex(rest);
      if (cut === 'merged') held.push(...bytes);
      else if (cut === 'single-bytes') for (const byte of bytes) await device.send(Uint8Array.of(byte));
      else await device.send(bytes);
    } else if (direction?.startsWith('>')) {
      if (held.length > 0) await device.send(Uint8Array.from(held));
      held = [];
      if (rest === '(hang up)') return device.close();
      const wanted = rest.startsWith('@') ? (data[rest.slice(1)] as Uint8Array) : parseHex(rest);
      const expectation = { timeoutMs: 4000, what: `line ${index + 1} of the script: ${text}` };
      let first = await line.readByte(expectation);
      while (first === repeatable && first !== wanted[0]) first = await line.readByte(expectation);
      const got = concat(Uint8Array.of(first), await line.read(wanted.length - 1, expectation));
      repeatable = direction === '>+' ? first : undefined;
      if (hexBytes(got) !== hexBytes(wanted)) {
        throw new Error(`line ${index + 1}: the host sent ${hexBytes(got)} where the script has ${hexBytes(wanted)}`);
      }
    }
  }
  if (held.length > 0) await device.send(Uint8Array.from(held));
}

function split(text: string): { direction: string | undefined; rest: string } {
  const line = text.replace(/;.*/, '').trim();
  const direction = /^[<>]\+?/.exec(line)?.[0];
  return { direction, rest: line.slice(direction?.length ?? 0).trim() };
}

function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`not hexadecimal: ${text}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
