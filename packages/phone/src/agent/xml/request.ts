/** Requests of the device to the host: one line of XML, one element an argument. */
import { writeXml } from '@unbrick/core/wire';

export function requestText(command: string, args: Readonly<Record<string, string>> = {}): string {
  const content = Object.entries(args).map(([name, value]) => ({ name, content: value }));
  return writeXml({
    name: 'host',
    content: [
      { name: 'version', content: '1.0' },
      { name: 'command', content: command },
      ...(content.length > 0 ? [{ name: 'arg', content }] : []),
    ],
  });
}

/** Numbers on the wire: lower-case hexadecimal, but a plain 0 in device reports. */
export function wireHex(value: number): string {
  return `0x${value.toString(16)}`;
}
