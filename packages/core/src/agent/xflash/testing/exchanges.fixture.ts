/** Recorded conversations as text, and what their short forms stand for. For tests. */
import { framed, pattern, type Step } from '../../frames/testing/frame-bytes.fixture.js';

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
