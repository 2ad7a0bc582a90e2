import { UnbrickError } from '../errors/unbrick-error.js';
import { Link, type TraceSink } from '../link/link.js';
import type { Observe } from '../link/observation.js';
import type { Port, PortSource } from '../link/port.js';
import { UsbPort } from '../link/usb-port.js';
import { BootRom } from './commands.js';
import { CATCH_NEXT, handshake } from './handshake.js';
import type { DeviceIdentity } from './identity.js';
import { usbIdentityText } from './usb-identities.js';

export interface ConnectOptions {
  /** Ends the wait, and later every wait on the link: the hard stop. */
  signal?: AbortSignal;
  /** Milliseconds until a phone must have told who it is. */
  timeoutMs: number;
  /** Milliseconds a device may take for its handshake before it is let go and opened again. */
  handshakeMs?: number;
  trace?: TraceSink;
  onNote?: (message: string) => void;
  /** Told what is seen on the bus and heard from the phone. */
  observe?: Observe;
}

export interface ConnectedPhone {
  link: Link;
  bootRom: BootRom;
  identity: DeviceIdentity;
  /** Goes on with the same phone after a re-enumeration that it has announced; false when it stayed. On raw USB only. */
  reconnect?: () => Promise<boolean>;
}

/** Longer than a preloader's usual window of 2.5 s and a boot ROM's 4.7 s: a device that is still there then is stuck. */
const HANDSHAKE_MS = 5000;
/** What one appearance of a device may end with while the next one may still bring success. */
const PASSING = new Set([
  'PHONE_GONE',
  'PHONE_SILENT',
  'HANDSHAKE_SILENT',
  'HANDSHAKE_GARBAGE',
  'HANDSHAKE_ECHO',
  'ECHO_MISMATCH',
]);
/** Ports that are there but cannot be had: the user may see to that while the wait goes on. */
const IN_THE_WAY = new Set(['PORT_BUSY', 'PORT_PERMISSION', 'PORT_FAILED']);
/** Time between two tries to open such a port. */
const RETRY_MS = 250;
const SHORTEST_APPEARANCE_MS = 50;
/** A phone that announces a re-enumeration leaves within a tenth of a second and is back within one or two. */
const LEAVE_MS = 2000;
const COME_BACK_MS = 15_000;
/** Appearances told one by one in an error. */
const SIGHTINGS_TOLD = 5;

interface Sighting {
  port: string;
  milliseconds: number;
  error: UnbrickError;
}

/** Appearances so far, the last few of them in detail. */
interface Seen {
  times: number;
  last: Sighting[];
}

function remember(seen: Seen, sighting: Sighting): void {
  seen.times++;
  seen.last.push(sighting);
  if (seen.last.length > SIGHTINGS_TOLD) seen.last.shift();
}

/**
 * Waits for a phone, shakes hands and asks who it is. A device that goes away or stays silent is let go and the next
 * appearance awaited: a preloader shows itself for two seconds, and a phone in a boot loop does so again and again. So is a port
 * that another program holds or that may not be opened: the user is told, and the job goes on when that has changed.
 *
 * @throws UnbrickError `NO_PHONE` (stage `connect`) after the timeout, with what was seen until then; `PORT_BUSY`,
 *   `PORT_PERMISSION` or `PORT_FAILED` when that was in the way to the end; whatever else the source throws; the signal's reason
 *   when aborted
 */
export async function connectPhone(source: PortSource, options: ConnectOptions): Promise<ConnectedPhone> {
  const { signal, timeoutMs, handshakeMs = HANDSHAKE_MS, trace, onNote = () => {}, observe } = options;
  const started = performance.now();
  const remaining = () => timeoutMs - (performance.now() - started);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), timeoutMs);
  const waiting = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
  const seen: Seen = { times: 0, last: [] };
  let refusal: UnbrickError | undefined;
  try {
    for (;;) {
      let port: Port;
      try {
        port = await open(source, waiting, seen.last.at(-1), observe);
      } catch (error) {
        signal?.throwIfAborted();
        if (patience.signal.aborted) throw refusal ?? noPhone(source, timeoutMs, seen, error);
        if (!(error instanceof UnbrickError) || !IN_THE_WAY.has(error.code)) throw error;
        if (refusal?.message !== error.message) onNote(refusalText(error));
        refusal = error;
        await rest(RETRY_MS, waiting);
        continue;
      }
      refusal = undefined;
      const appeared = performance.now();
      if (seen.times === 0) onNote(`Seen on ${portText(port)}.`);
      const link = new Link(port, { ...(trace ? { trace } : {}), ...(signal ? { signal } : {}) });
      try {
        await handshake(link, {
          timeoutMs: Math.min(handshakeMs, Math.max(0, remaining())),
          onNote,
          ...(observe ? { onHeard: (what) => observe({ kind: 'heard', what }) } : {}),
        });
        const bootRom = new BootRom(link, { onNote });
        const identity = await bootRom.identify();
        return {
          link,
          bootRom,
          identity,
          // Only where the same phone is known by its place on the bus. And past the serial driver: that of Linux asks for two
          // packets at once and at high speed waits for ever for what follows 512 bytes.
          ...(!(port instanceof UsbPort) || port.busPath === undefined
            ? {}
            : { reconnect: () => reconnect(link, source, signal) }),
        };
      } catch (error) {
        // The port is given up either way; what it says to that must not hide the reason.
        await link.close().catch(() => {});
        signal?.throwIfAborted();
        if (!(error instanceof UnbrickError) || !PASSING.has(error.code)) throw error;
        const sighting = { port: portText(port), milliseconds: performance.now() - appeared, error };
        remember(seen, sighting);
        if (seen.times === 1) onNote(`${sightingText(sighting)} Waiting for it to show up again.`);
      }
      if (remaining() <= 0) throw noPhone(source, timeoutMs, seen);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function reconnect(link: Link, source: PortSource, signal: AbortSignal | undefined): Promise<boolean> {
  const patience = AbortSignal.timeout(COME_BACK_MS);
  const waiting = signal ? AbortSignal.any([signal, patience]) : patience;
  try {
    return await link.follow((previous) => source.open(waiting, previous), LEAVE_MS);
  } catch (cause) {
    if (!patience.aborted) throw cause;
    throw new UnbrickError({
      code: 'PHONE_GONE',
      stage: 'agent',
      message: 'The phone left the bus to come back faster, and did not come back.',
      evidence: [`waited ${COME_BACK_MS / 1000} s for it on ${source.name}`],
      next: [
        'Try another cable and another USB port, without a hub.',
        'Hold the power key for 15 seconds, plug in again and repeat.',
      ],
      cause,
    });
  }
}

/** A port that opens and at once closes again (a server without a phone, a stuck driver) must not be hammered. */
async function open(
  source: PortSource,
  signal: AbortSignal,
  before: Sighting | undefined,
  observe: Observe | undefined,
): Promise<Port> {
  if (before) await rest(SHORTEST_APPEARANCE_MS - before.milliseconds, signal);
  signal.throwIfAborted();
  return source.open(signal, undefined, observe);
}

/** Waits, but no longer than to the signal. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}

function refusalText({ message, evidence }: UnbrickError): string {
  const facts = evidence.length > 0 ? ` (${evidence.join('; ')})` : '';
  return `${message}${facts} Waiting until it can be had.`;
}

function noPhone(source: PortSource, timeoutMs: number, seen: Seen, cause?: unknown): UnbrickError {
  const waited = `${+(timeoutMs / 1000).toFixed(1)} s`;
  const last = seen.last.at(-1);
  if (!last) {
    return new UnbrickError({
      code: 'NO_PHONE',
      stage: 'connect',
      message: `No phone showed up within ${waited}.`,
      evidence: [`watched ${source.name} for ${waited}; no phone in download mode was seen there`],
      next: [
        ...CATCH_NEXT,
        'Linux: check with `lsusb` whether 0e8d:2000 or 0e8d:0003 appears at all. Windows: look into the Device Manager.',
      ],
      cause,
    });
  }
  return new UnbrickError({
    code: 'NO_PHONE',
    stage: 'connect',
    message: `A device showed itself ${times(seen.times)} within ${waited}, but could not be taken over. ${last.error.message}`,
    evidence: [
      ...(seen.times > seen.last.length ? [`seen ${times(seen.times)}; the last ${seen.last.length} of them:`] : []),
      ...seen.last.map(sightingText),
      ...last.error.evidence,
    ],
    // A phone that went on booting was met too late, which no other cable cures.
    next: last.error.code === 'PHONE_GONE' ? [...CATCH_NEXT] : [...last.error.next],
    cause: last.error,
  });
}

function sightingText({ port, milliseconds, error }: Sighting): string {
  return `${port} was there for ${(milliseconds / 1000).toFixed(1)} s: ${error.message}`;
}

function portText(port: Port): string {
  return port.identity ? `${port.name} (${usbIdentityText(port.identity)})` : port.name;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
