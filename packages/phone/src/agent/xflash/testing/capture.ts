/** Reads the compact form of recorded sessions; the notation is described at the top of the record. */
import { concat, XFLASH_MAGIC, XflashFrameHeader, XflashFrameType } from '@unbrick/core/wire';

export interface Scenario {
  name: string;
  checksumLevel: number;
  hasTable: boolean;
  items: Item[];
}

export type Item =
  | { from: 'host'; token: string; bytes: Uint8Array }
  | { from: 'agent'; token: string; expected: Expected };

/** What is known of a payload. */
export type Expected = { length: number; bytes?: Uint8Array; start?: Uint8Array; sha256?: string };

/** Files that the record names instead of quoting them. */
export type NamedFiles = Readonly<Record<string, Uint8Array>>;

export function parseCapture(text: string, files: NamedFiles): Scenario[] {
  const scenarios: Scenario[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const head = /^== (\w+) checksum=(\d) gpt=(yes|no)$/.exec(line);
    if (head) {
      const [, name = '', level, gpt] = head;
      scenarios.push({ name, checksumLevel: Number(level), hasTable: gpt === 'yes', items: [] });
      continue;
    }
    for (const token of line.match(/[<>](\{.*?\}|\[.*?\]|\S+)/g) ?? []) {
      const body = token.slice(1);
      scenarios
        .at(-1)
        ?.items.push(
          token.startsWith('>')
            ? { from: 'host', token, bytes: hostFrame(body, files) }
            : { from: 'agent', token, expected: expectedPayload(body, files) },
        );
    }
  }
  return scenarios;
}

function hostFrame(body: string, files: NamedFiles): Uint8Array {
  const odd = /^!([0-9a-f]{24})!(.*)$/.exec(body);
  const payload = payloadOf(odd?.[2] ?? body, files);
  const normal = { magic: XFLASH_MAGIC, type: XflashFrameType.PROTOCOL, length: payload.length };
  return concat(odd?.[1] ? hexBytes(odd[1]) : XflashFrameHeader.build(normal), payload);
}

function payloadOf(body: string, files: NamedFiles): Uint8Array {
  const pattern = /^\{(\d+)i\+(\d+) (\d+) (\d+)\}$/.exec(body);
  if (pattern) {
    const [a, b, from, to] = pattern.slice(1).map(Number) as [number, number, number, number];
    return Uint8Array.from({ length: to - from }, (_, i) => (i + from) * a + b);
  }
  const file = /^\{(\w+)(?: (\d+) (\d+))?\}$/.exec(body);
  if (file) {
    const content = files[file[1] as string] as Uint8Array;
    return content.subarray(Number(file[2] ?? 0), Number(file[3] ?? content.length));
  }
  const [digits = '', size] = body.split('*');
  const payload = new Uint8Array(Number(size ?? digits.length / 2));
  payload.set(hexBytes(digits));
  return payload;
}

function expectedPayload(body: string, files: NamedFiles): Expected {
  const elided = /^\[(\d+) (\^?)(\w+)\]$/.exec(body);
  if (!elided) {
    const bytes = payloadOf(body, files);
    return { length: bytes.length, bytes };
  }
  const [, size, start, value = ''] = elided;
  const length = Number(size);
  const file = files[value];
  if (file) return { length, bytes: file };
  return start ? { length, start: hexBytes(value) } : { length, sha256: value };
}

function hexBytes(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
