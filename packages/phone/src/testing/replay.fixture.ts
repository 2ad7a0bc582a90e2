import { xor16 } from '@unbrick/core/wire';
import { fromHex, type ScriptedHost } from './scripted-host.fixture.js';

/**
 * For tests: plays the host's side of a transcript and compares the phone's. Lines: `> hex` to the phone, `< hex` from
 * it, `* LENGTH CHECKSUM` a payload of that size and XOR checksum (hex), `~ words` a value of the phone's own, with a
 * 32-bit length before it.
 */
export async function replay(host: ScriptedHost, transcript: string): Promise<void> {
  const lines = transcript.split('\n').filter((line) => line !== '');
  for (const [i, line] of lines.entries()) {
    const [kind, rest] = [line[0], line.slice(2)];
    if (kind === '>') await host.send(rest);
    else if (kind === '*') {
      const [length, checksum] = rest.split(' ').map((digits) => Number.parseInt(digits, 16)) as [number, number];
      await host.port.send(payload(length, checksum));
    } else if (kind === '~') await host.receive(Number.parseInt(await host.receive(4), 16));
    else {
      const wanted = rest.replaceAll(' ', '');
      const got = await host.receive(wanted.length / 2);
      if (got !== wanted) throw new Error(`line ${i + 1}: the phone sent ${got}, the transcript has ${wanted}`);
    }
  }
}

/** Bytes of that length whose SEND_DA checksum is the wanted one. */
export function payload(length: number, checksum: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
  bytes.set(fromHex('ffffffea00000fe1'));
  const fix = xor16(bytes) ^ checksum;
  bytes[2] = (bytes[2] as number) ^ (fix & 0xff);
  bytes[3] = (bytes[3] as number) ^ (fix >> 8);
  return bytes;
}
