/**
 * Declared binary layouts: one declaration gives the parser, the serialiser, the byte size and the TypeScript type.
 *
 *     const Header = struct('little', { magic: u32, length: u32 });
 *     Header.size;                       // 8
 *     Header.parse(bytes).length;        // number
 *     Header.build({ magic: 1, length: 2 });
 */

export type Endian = 'little' | 'big';

/** One fixed-size field of a layout. */
export interface Field<T> {
  /** Size on the wire in bytes. */
  readonly size: number;
  read(view: DataView, offset: number, little: boolean): T;
  write(view: DataView, offset: number, little: boolean, value: T): void;
}

export type FieldValue<F> = F extends Field<infer T> ? T : never;
type Fields = Record<string, Field<unknown>>;

/** The value of a layout: one property a declared field. */
export type StructValue<S> = S extends Struct<infer F> ? { [K in keyof F]: FieldValue<F[K]> } : never;

/** A layout; it is itself a field, so layouts nest. */
export interface Struct<F extends Fields> extends Field<{ [K in keyof F]: FieldValue<F[K]> }> {
  /** @throws RangeError when fewer than `offset + size` bytes are there. */
  parse(bytes: Uint8Array, offset?: number): { [K in keyof F]: FieldValue<F[K]> };
  build(value: { [K in keyof F]: FieldValue<F[K]> }): Uint8Array;
  /** Byte offset of each field. */
  readonly offsets: { readonly [K in keyof F]: number };
}

export const u8: Field<number> = {
  size: 1,
  read: (view, offset) => view.getUint8(offset),
  write: (view, offset, _little, value) => view.setUint8(offset, value),
};

export const u16: Field<number> = {
  size: 2,
  read: (view, offset, little) => view.getUint16(offset, little),
  write: (view, offset, little, value) => view.setUint16(offset, value, little),
};

export const u32: Field<number> = {
  size: 4,
  read: (view, offset, little) => view.getUint32(offset, little),
  write: (view, offset, little, value) => view.setUint32(offset, value, little),
};

/**
 * 64-bit unsigned integer as a JavaScript number: exact up to 2^53 - 1, which is 8 PiB of addresses.
 * Reading a larger value throws RangeError: only a damaged or hostile peer sends one.
 */
export const u64: Field<number> = {
  size: 8,
  read: (view, offset, little) => {
    const value = view.getBigUint64(offset, little);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`64-bit value 0x${value.toString(16)} is beyond any real size or address`);
    }
    return Number(value);
  },
  write: (view, offset, little, value) => view.setBigUint64(offset, BigInt(value), little),
};

/** `count` raw bytes. A shorter value is padded with zeros; a longer one throws RangeError. */
export function bytes(count: number): Field<Uint8Array> {
  return {
    size: count,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, count).slice(),
    write: (view, offset, _little, value) => {
      if (value.length > count) throw new RangeError(`${value.length} bytes do not fit a field of ${count}`);
      const target = new Uint8Array(view.buffer, view.byteOffset + offset, count);
      target.fill(0);
      target.set(value);
    },
  };
}

/** ASCII text of at most `count` bytes, ended by NUL or by the field's end. */
export function text(count: number): Field<string> {
  const raw = bytes(count);
  return {
    size: count,
    read: (view, offset, little) => latin1(raw.read(view, offset, little)),
    write: (view, offset, little, value) => raw.write(view, offset, little, ascii(value)),
  };
}

/** `count` fields of the same kind. */
export function array<T>(field: Field<T>, count: number): Field<T[]> {
  return {
    size: field.size * count,
    read: (view, offset, little) =>
      Array.from({ length: count }, (_, i) => field.read(view, offset + i * field.size, little)),
    write: (view, offset, little, value) => {
      if (value.length !== count) throw new RangeError(`${value.length} items for a field of ${count}`);
      value.forEach((item, i) => {
        field.write(view, offset + i * field.size, little, item);
      });
    },
  };
}

export function struct<F extends Fields>(endian: Endian, fields: F): Struct<F> {
  type Value = { [K in keyof F]: FieldValue<F[K]> };
  const little = endian === 'little';
  const offsets = {} as Record<keyof F, number>;
  let size = 0;
  for (const name of Object.keys(fields) as (keyof F)[]) {
    offsets[name] = size;
    size += (fields[name] as Field<unknown>).size;
  }
  const read = (view: DataView, base: number): Value => {
    const value = {} as Record<keyof F, unknown>;
    for (const name of Object.keys(fields) as (keyof F)[]) {
      value[name] = (fields[name] as Field<unknown>).read(view, base + offsets[name], little);
    }
    return value as Value;
  };
  const write = (view: DataView, base: number, value: Value): void => {
    for (const name of Object.keys(fields) as (keyof F)[]) {
      (fields[name] as Field<unknown>).write(view, base + offsets[name], little, value[name]);
    }
  };
  return {
    size,
    offsets,
    read: (view, offset) => read(view, offset),
    write: (view, offset, _little, value) => write(view, offset, value),
    parse: (source, offset = 0) => {
      if (source.length < offset + size) {
        throw new RangeError(`${size} bytes expected at ${offset}, ${Math.max(0, source.length - offset)} there`);
      }
      return read(viewOf(source), offset);
    },
    build: (value) => {
      const target = new Uint8Array(size);
      write(viewOf(target), 0, value);
      return target;
    },
  };
}

/** A DataView over exactly these bytes. */
export function viewOf(source: Uint8Array): DataView {
  return new DataView(source.buffer, source.byteOffset, source.byteLength);
}

/** One number as bytes: `encode(u32, 'big', 0x5a)`. */
export function encode<T>(field: Field<T>, endian: Endian, value: T): Uint8Array {
  const target = new Uint8Array(field.size);
  field.write(viewOf(target), 0, endian === 'little', value);
  return target;
}

/** The counterpart of {@link encode}. @throws RangeError when the bytes are too few. */
export function decode<T>(field: Field<T>, endian: Endian, source: Uint8Array, offset = 0): T {
  if (source.length < offset + field.size) {
    throw new RangeError(`${field.size} bytes expected at ${offset}, ${Math.max(0, source.length - offset)} there`);
  }
  return field.read(viewOf(source), offset, endian === 'little');
}

/** One byte a character; characters above 0xFF throw RangeError. */
export function ascii(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff) throw new RangeError(`'${character}' is not an 8-bit character`);
    return code;
  });
}

/** The text before the first NUL, one character a byte. */
export function latin1(source: Uint8Array): string {
  const end = source.indexOf(0);
  return String.fromCharCode(...(end < 0 ? source : source.subarray(0, end)));
}

/** All parts one after another. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** `0x` and at least `digits` lower-case hexadecimal digits. */
export function hex(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** The counterpart of {@link hexBytes}; undefined for a text that is no whole number of bytes. */
export function bytesOfHex(digits: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})+$/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) as string[], (byte) => Number.parseInt(byte, 16));
}

/** Bytes as lower-case hexadecimal digits without separators. */
export function hexBytes(source: Uint8Array): string {
  return Array.from(source, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
