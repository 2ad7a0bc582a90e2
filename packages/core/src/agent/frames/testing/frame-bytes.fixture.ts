/** What goes over the wire in tests of framed protocols, made without the code under test. */

/** Bytes one side sends; `undefined` places match anything. */
export interface Step {
  from: 'host' | 'agent';
  bytes: Uint8Array;
  /** Where false, any byte is right. Missing: all bytes count. */
  counts?: boolean[];
}

/** Header and payload. */
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
