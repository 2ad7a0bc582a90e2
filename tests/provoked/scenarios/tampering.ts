import type { Port, PortSource } from '@unbrick/core';

/** What happens to bytes on the cable. */
export interface Tampering {
  toPhone?(bytes: Uint8Array): Uint8Array;
  fromPhone?(bytes: Uint8Array): Uint8Array;
}

/** A cable that changes what goes through it. */
export const tampered =
  ({ toPhone = (bytes) => bytes, fromPhone = (bytes) => bytes }: Tampering) =>
  (source: PortSource): PortSource => ({
    name: source.name,
    open: async (signal): Promise<Port> => {
      const port = await source.open(signal);
      return {
        name: port.name,
        ...(port.identity ? { identity: port.identity } : {}),
        receive: async (stop) => {
          const bytes = await port.receive(stop);
          return bytes && fromPhone(bytes);
        },
        send: (bytes, stop) => port.send(toPhone(bytes), stop),
        close: () => port.close(),
      };
    },
  });

/** Puts one text of the same length in the place of another, wherever it goes by. */
export const replacing = (from: string, to: string) => (bytes: Uint8Array) => {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(from, 0, 'latin1');
  if (at < 0) return bytes;
  const changed = bytes.slice();
  changed.set(Buffer.from(to, 'latin1'), at);
  return changed;
};

/** Changes the first transfer for which `wanted` holds, once. */
export const once = (wanted: (bytes: Uint8Array) => boolean, change: (bytes: Uint8Array) => Uint8Array) => {
  let done = false;
  return (bytes: Uint8Array) => {
    if (done || !wanted(bytes)) return bytes;
    done = true;
    return change(bytes);
  };
};

/** Turns one bit around. */
export function bitFlipped(bytes: Uint8Array, at = bytes.length - 1): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
}
