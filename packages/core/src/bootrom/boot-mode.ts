import { UnbrickError } from '../errors/unbrick-error.js';
import { Link, LinkClosedError, type TraceSink } from '../link/link.js';
import type { PortSource } from '../link/port.js';
import { ascii, BOOT_MODE_FORBIDDEN, BOOT_MODE_TOKENS, latin1 } from '../wire/index.js';

/** Modes a preloader can be asked to boot into instead of the handshake. */
export type BootMode = keyof typeof BOOT_MODE_TOKENS;

export interface BootModeOptions {
  /** Milliseconds until a preloader must have answered. */
  timeoutMs: number;
  signal?: AbortSignal;
  trace?: TraceSink;
  onNote?: (message: string) => void;
}

/**
 * How long a token is given to be answered. A preloader answers within its READY rhythm of 20 ms; a second token in the same
 * moment would be taken for the parameters that some wait for next.
 */
const REPEAT_MS = 150;
/** Least wait for more of an answer. */
const LISTEN_MS = 20;
/** No preloader listens longer than this after it was plugged in. */
const WINDOW_MS = 5000;
/** Enough of what was heard to find an answer that was split by the transport. */
const HEARD_LIMIT = 64;

/**
 * Asks the preloader to boot into `mode` (docs/protocol/bootrom.md, "Boot-mode tokens"): sends the token again and again
 * until the answer comes. Follows a phone that shows itself for moments only.
 * @throws UnbrickError `NO_PHONE`; `BOOT_MODE_REFUSED` when the phone's maker does not allow it
 */
export async function bootInto(source: PortSource, mode: BootMode, options: BootModeOptions): Promise<void> {
  const patience = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, patience]) : patience;
  let seen = 0;
  for (;;) {
    const port = await source.open(signal).catch((cause) => {
      options.signal?.throwIfAborted();
      throw patience.aborted ? nobodyAnswered(mode, seen) : cause;
    });
    seen++;
    options.onNote?.(`Seen on ${port.name}.`);
    const link = new Link(port, { signal, ...(options.trace ? { trace: options.trace } : {}) });
    try {
      if (await askWhileListening(link, mode)) return;
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (patience.aborted) throw nobodyAnswered(mode, seen);
      if (!(cause instanceof LinkClosedError)) throw cause;
    } finally {
      await link.close();
    }
  }
}

/**
 * What phones with several modems ask for before they agree to META, and the answer: USB, one interface, modem 0 by default.
 * See docs/protocol/bootrom.md, "Boot-mode tokens".
 */
const META_QUESTIONS: readonly { question: string; answer: Uint8Array }[] = [
  { question: 'ATEM0001', answer: Uint8Array.of(4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0xc0) },
  { question: 'ATEM0002', answer: Uint8Array.of(6, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0) },
];
/** Ends the wait that such phones make before they go on. */
const GO_ON = 'DISCONNECT';

/** True when the preloader agreed, false when its window passed without an answer. */
async function askWhileListening(link: Link, mode: BootMode): Promise<boolean> {
  const { token, answer } = BOOT_MODE_TOKENS[mode];
  // The last letter of META answers differs between builds.
  const agreed = answer.length === 8 ? answer.slice(0, 7) : answer;
  const deadline = performance.now() + WINDOW_MS;
  let heard = '';
  let nextToken = 0;
  let asked: string | undefined;
  while (performance.now() < deadline) {
    if (!asked && performance.now() >= nextToken) {
      await link.write(ascii(token));
      nextToken = performance.now() + REPEAT_MS;
    }
    heard = (heard + latin1(await link.readAvailable(LISTEN_MS))).slice(-HEARD_LIMIT);
    if (heard.includes(BOOT_MODE_FORBIDDEN)) throw refused(mode);
    if (heard.includes(agreed)) {
      if (asked || mode === 'advanced-meta') await link.write(ascii(GO_ON)).catch(ignoreGone);
      return true;
    }
    const known = META_QUESTIONS.find(({ question }) => heard.includes(question));
    if (known && !asked) {
      asked = known.question;
      await link.write(known.answer);
    }
  }
  return false;
}

/** The phone may have gone on without waiting. */
function ignoreGone(cause: unknown): void {
  if (!(cause instanceof LinkClosedError)) throw cause;
}

function refused(mode: BootMode): UnbrickError {
  return new UnbrickError({
    code: 'BOOT_MODE_REFUSED',
    stage: 'reboot',
    message: `This phone's preloader does not allow ${mode} mode.`,
    evidence: [`it answered ${BOOT_MODE_FORBIDDEN}`],
    next: ['The maker has closed this mode (secure boot). Use fastboot or recovery, or ask the maker’s service.'],
  });
}

function nobodyAnswered(mode: BootMode, seen: number): UnbrickError {
  return new UnbrickError({
    code: 'NO_PHONE',
    stage: 'connect',
    message: `No preloader took the request for ${mode} mode.`,
    evidence: [
      seen === 0 ? 'no phone was seen' : `a phone was seen ${seen === 1 ? 'once' : `${seen} times`} but did not answer`,
    ],
    next: [
      'Start this command first, then switch the phone off and plug it in without holding a key.',
      'A phone in BROM mode (volume keys held) does not know boot modes: plug it in without keys.',
    ],
  });
}
