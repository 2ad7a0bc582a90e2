/** Recorded conversations as text, and what their short forms stand for. For tests. */

/** Bytes one side sends; `undefined` places match anything. */
export interface Step {
  from: 'host' | 'agent';
  bytes: Uint8Array;
  /** Where false, any byte is right. Missing: all bytes count. */
  counts?: boolean[];
}

/** Exchanges by name from a text file, see the heads of the files in ../fixtures. */
export function parseExchanges(text: string): Map<string, Step[]> {
  const exchanges = new Map<string, Step[]>();
  let steps: Step[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('== ')) {
      steps = [];
      exchanges.set(line.slice(3), steps);
      continue;
    }
    const from = line.startsWith('>') ? 'host' : 'agent';
    const body = line.slice(2);
    if (body.startsWith('raw ')) steps.push({ from, bytes: payload(body.slice(4)) });
    else if (body.startsWith('*')) steps.push(anything(from, Number(body.slice(1))));
    else steps.push({ from, bytes: framed(payload(body)) });
  }
  return exchanges;
}

/** All steps of the named exchanges, one after another. A name may leave out the words after its number. */
export function pick(exchanges: ReadonlyMap<string, Step[]>, ...names: string[]): Step[] {
  return names.flatMap((name) => {
    const key = [...exchanges.keys()].find((candidate) => candidate === name || candidate.startsWith(`${name} `));
    if (key === undefined) throw new Error(`no exchange ${name}`);
    return exchanges.get(key) as Step[];
  });
}

/** Header and payload, made without the code under test. */
export function framed(bytes: Uint8Array, type = 1): Uint8Array {
  const frame = new Uint8Array(12 + bytes.length);
  frame.set([0xef, 0xee, 0xee, 0xfe, type, 0, 0, 0]);
  new DataView(frame.buffer).setUint32(8, bytes.length, true);
  frame.set(bytes, 12);
  return frame;
}

/** A frame of one 32-bit word. */
export function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return framed(bytes);
}

/** A log frame. */
export function logFrame(text: string): Uint8Array {
  return framed(Uint8Array.from([1, 0, 0, 0, ...new TextEncoder().encode(text)]), 2);
}

/** `n` bytes, byte i = (i * a + b) mod 256. */
export function pattern(n: number, a: number, b: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (i * a + b) & 0xff);
}

/** Payload text: hex, P(n,a,b), sectors(address,n), zeros(n), joined by `+`; `@k` leaves out the bytes before k. */
function payload(text: string): Uint8Array {
  const [sum, skip] = text.includes('@') ? text.split('@') : [text];
  const parts = (sum as string).split('+').map(part);
  const whole = new Uint8Array(parts.reduce((length, bytes) => length + bytes.length, 0));
  let at = 0;
  for (const [index, bytes] of parts.entries()) {
    // "first+second@k": the second lies under the first, so its own first k bytes are not seen.
    const seen = skip !== undefined && index === parts.length - 1 ? bytes.subarray(Number(skip)) : bytes;
    whole.set(seen, at);
    at += seen.length;
  }
  return whole.subarray(0, at);
}

function part(text: string): Uint8Array {
  const call = /^(\w+)\((.*)\)$/.exec(text);
  if (!call) return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  const [first = 0, a = 0, b = 0] = (call[2] as string).split(',').map(Number);
  if (call[1] === 'P') return pattern(first, a, b);
  if (call[1] === 'zeros') return new Uint8Array(first);
  if (call[1] === 'sectors') return sectors(first, a);
  throw new Error(`unknown pattern ${text}`);
}

function sectors(address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(length / 512) * 512);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 8) view.setBigUint64(i, BigInt(address + (i - (i % 512))), true);
  return bytes.subarray(0, length);
}

function anything(from: Step['from'], length: number): Step {
  const bytes = framed(new Uint8Array(length));
  return { from, bytes, counts: Array.from(bytes, (_, i) => i < 12) };
}
