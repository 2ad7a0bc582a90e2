import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A device that the kernel could not enumerate. */
export interface EnumerationFailure {
  /** Where it is plugged in: `1-4.2`. */
  busPath: string;
  /** The kernel's words. */
  detail: string;
}

/** One record of the kernel's log is read at a time; longer ones are cut by the kernel. */
const RECORD_BYTES = 8192;
/** A log that grows faster than it is read must not hold up the search for a phone. */
const RECORDS_AT_ONCE = 100;

const PATTERNS: readonly RegExp[] = [
  /^usb (\d+-[\d.]+): (device descriptor read\/\S+, error -\d+)/,
  /^usb (\d+-[\d.]+): (device not accepting address \d+, error -\d+)/,
  /^usb (\d+-[\d.]+): (can't read configurations, error -\d+)/,
  /^usb (\d+-[\d.]+): (unable to read config index \d+ descriptor.*)/,
  /^usb (?:usb)?(\d+)-port(\d+): (unable to enumerate USB device)/,
  /^usb (\d+-[\d.]+)-port(\d+): (unable to enumerate USB device)/,
  /^usb (?:usb)?(\d+)-port(\d+): (Cannot enable\. Maybe the USB cable is bad\?)/,
];

/** Reads a failed enumeration out of a line of the kernel's log; undefined for any other line. */
export function enumerationFailure(message: string): EnumerationFailure | undefined {
  for (const pattern of PATTERNS) {
    const match = pattern.exec(message);
    if (!match) continue;
    if (match.length === 3) return { busPath: match[1] as string, detail: match[2] as string };
    const hub = match[1] as string;
    // `usb1-port4` is a port of the controller, `1-4-port2` one of a hub on it.
    const busPath = hub.includes('-') ? `${hub}.${match[2]}` : `${hub}-${match[2]}`;
    return { busPath, detail: match[3] as string };
  }
  return undefined;
}

/** The kernel's log from now on. Most systems let only root read it. */
export class KernelLog {
  #fd: number | undefined;
  readonly #buffer = Buffer.alloc(RECORD_BYTES);

  constructor(path = '/dev/kmsg') {
    try {
      this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      // What was before is not about this phone.
      while (this.#next() !== undefined);
    } catch {
      this.close();
    }
  }

  get readable(): boolean {
    return this.#fd !== undefined;
  }

  /** Failed enumerations since the last call. */
  failures(): EnumerationFailure[] {
    const found: EnumerationFailure[] = [];
    for (let i = 0; i < RECORDS_AT_ONCE; i++) {
      const message = this.#next();
      if (message === undefined) break;
      const failure = enumerationFailure(message);
      if (failure) found.push(failure);
    }
    return found;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** The next message; undefined when there is none. */
  #next(): string | undefined {
    if (this.#fd === undefined) return undefined;
    try {
      const length = readSync(this.#fd, this.#buffer, 0, RECORD_BYTES, null);
      if (length === 0) return undefined;
      // `6,1234,567890,-;usb 1-4: message`, then lines with a blank in front for its properties.
      const [first = ''] = this.#buffer.toString('utf8', 0, length).split('\n');
      return first.slice(first.indexOf(';') + 1);
    } catch (error) {
      // EPIPE: records were overwritten before they were read; the next ones are there.
      return (error as NodeJS.ErrnoException).code === 'EPIPE' ? '' : undefined;
    }
  }
}
