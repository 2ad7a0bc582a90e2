import { UnbrickError } from '../errors/unbrick-error.js';
import { type Link, LinkTimeoutError } from '../link/link.js';
import { BootCommand, HANDSHAKE } from '../wire/index.js';
import { HeardBytes } from './heard-bytes.js';

export interface HandshakeOptions {
  /** Milliseconds until the whole handshake must have succeeded. */
  timeoutMs: number;
  /** Milliseconds between two first bytes; 10 to 20 is what real hosts use. */
  intervalMs?: number;
  onNote?: (message: string) => void;
  /** Told once what kind of thing comes back: READY texts, the right answer, an echo of everything, other bytes. */
  onHeard?: (what: 'ready' | 'answer' | 'echo' | 'garbage') => void;
}

export interface HandshakeResult {
  /** READY was heard: only a preloader says that. */
  sawReady: boolean;
  /** The phone had shaken hands before (with an earlier run) and was waiting for a command. */
  resumed: boolean;
}

const START = HANDSHAKE[0];
const complement = (byte: number) => ~byte & 0xff;
/** A few stray bytes are a noisy line, more are another program. */
const GARBAGE_BYTES = 16;
const STARTED = complement(START);
/** "Echo + 1": the byte was not the one expected, and the phone waits for the first one again. */
const NOT_STARTED = START + 1;
const SLOWEST_INTERVAL_MS = 200;
/** A preloader gives a started handshake 300 ms before it listens anew (docs/protocol/bootrom.md, "Timing"). */
const STEP_TIMEOUT_MS = 300;

/**
 * Shakes hands with a boot ROM or preloader: docs/protocol/bootrom.md, "Preloader window and handshake".
 *
 * The first byte is repeated until the phone answers, because a preloader swallows the first one while it looks at its
 * receive stream; READY texts and stray bytes are passed over. From then on each byte must be answered by its complement;
 * anything else starts over. A phone that echoes the first byte is already in its command loop and is taken as it is.
 * Afterwards no byte of all this is left in the link.
 *
 * @throws UnbrickError stage `connect`: `HANDSHAKE_SILENT` (nothing came, or only READY), `HANDSHAKE_ECHO` (the port
 *   repeats what it is sent), `HANDSHAKE_GARBAGE` (other bytes); LinkClosedError when the phone went away
 */
export async function handshake(link: Link, options: HandshakeOptions): Promise<HandshakeResult> {
  link.stage = 'connect';
  return new Handshake(link, options).run();
}

class Handshake {
  readonly #link: Link;
  #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  readonly #note: (message: string) => void;
  readonly #onHeard: NonNullable<HandshakeOptions['onHeard']>;
  #told: string | undefined;
  readonly #heard = new HeardBytes();
  /** First bytes sent in all, and since the last answer to one. */
  #starts = 0;
  #startsUnanswered = 0;
  /** The port repeats commands as well as first bytes. */
  #echoing = false;

  constructor(link: Link, { timeoutMs, intervalMs = 15, onNote = () => {}, onHeard = () => {} }: HandshakeOptions) {
    this.#link = link;
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
    this.#note = onNote;
    this.#onHeard = onHeard;
  }

  async run(): Promise<HandshakeResult> {
    while (performance.now() < this.#deadline) {
      const answer = await this.#callOnce();
      if (this.#echoing) this.#tell('echo');
      else if (this.#heard.other > GARBAGE_BYTES) this.#tell('garbage');
      else if (this.#heard.ready > 0) this.#tell('ready');
      const resumed = answer === START && (await this.#isInCommandLoop());
      if (resumed) this.#note('The phone was already in its command loop: an earlier session goes on.');
      if (resumed || (answer === STARTED && (await this.#finish()))) {
        this.#tell('answer');
        return { sawReady: this.#heard.ready > 0, resumed };
      }
    }
    throw this.#failure();
  }

  #tell(what: 'ready' | 'answer' | 'echo' | 'garbage'): void {
    if (this.#told !== what) this.#onHeard(what);
    this.#told = what;
  }

  /** Sends the first byte and listens for one interval. Gives the answer that counts, or nothing. */
  async #callOnce(): Promise<number | undefined> {
    await this.#link.write(Uint8Array.of(START));
    this.#starts++;
    this.#startsUnanswered++;
    const next = performance.now() + this.#intervalMs;
    let answer: number | undefined;
    do {
      answer = this.#lastAnswer(await this.#link.readAvailable(Math.max(0, next - performance.now()))) ?? answer;
    } while (answer !== STARTED && answer !== START && performance.now() < next);
    if (answer === undefined) return undefined;
    // More than one call may be on the way on a slow line. Their answers arrive an interval apart: the last one tells where
    // the phone stands, and none may be left for the next step to read.
    if (this.#startsUnanswered > 1) answer = (await this.#settle()) ?? answer;
    // A later call has undone an earlier one: the line is slower than the calls come.
    if (answer === NOT_STARTED) this.#intervalMs = Math.min(2 * this.#intervalMs, SLOWEST_INTERVAL_MS);
    this.#startsUnanswered = 0;
    return answer;
  }

  /** The last byte that answers a first byte, with everything else passed over. */
  #lastAnswer(bytes: Uint8Array): number | undefined {
    this.#heard.add(bytes);
    return bytes.findLast((byte) => byte === STARTED || byte === START || byte === NOT_STARTED);
  }

  /** Reads on until nothing but READY texts has come for two intervals. */
  async #settle(): Promise<number | undefined> {
    let last: number | undefined;
    let quietAt = performance.now() + 2 * this.#intervalMs;
    for (;;) {
      const heardBefore = this.#heard.other;
      const bytes = await this.#link.readAvailable(Math.max(0, quietAt - performance.now()));
      if (bytes.length === 0 || performance.now() > this.#deadline) return last;
      last = this.#lastAnswer(bytes) ?? last;
      if (this.#heard.other > heardBefore) quietAt = performance.now() + 2 * this.#intervalMs;
    }
  }

  /** The remaining bytes, strictly. False: start over. */
  async #finish(): Promise<boolean> {
    for (const byte of HANDSHAKE.slice(1)) {
      await this.#link.write(Uint8Array.of(byte));
      const answer = await this.#next(STEP_TIMEOUT_MS);
      if (answer !== complement(byte)) {
        await this.#settle();
        return false;
      }
    }
    // Nothing may follow the last answer; what does is not ours.
    if (this.#link.buffered > 0) this.#heard.add(await this.#link.readAvailable(0));
    return true;
  }

  /**
   * Tells a phone in its command loop from a port that only repeats: GET_BL_VER is answered by a version or by itself, and
   * GET_HW_CODE by more than itself.
   */
  async #isInCommandLoop(): Promise<boolean> {
    this.#echoing = false;
    await this.#link.write(Uint8Array.of(BootCommand.GET_BL_VER));
    const version = await this.#next(STEP_TIMEOUT_MS);
    if (version === undefined || (version > 0x0f && version !== BootCommand.GET_BL_VER)) {
      await this.#settle();
      return false;
    }
    if (version !== BootCommand.GET_BL_VER) return true;
    await this.#link.write(Uint8Array.of(BootCommand.GET_HW_CODE));
    const echo = await this.#next(STEP_TIMEOUT_MS);
    for (let missing = 4; missing > 0; missing--) {
      if ((await this.#next(STEP_TIMEOUT_MS)) === undefined) {
        this.#echoing = echo === BootCommand.GET_HW_CODE;
        return false;
      }
    }
    return true;
  }

  async #next(timeoutMs: number): Promise<number | undefined> {
    try {
      const byte = await this.#link.readByte({ timeoutMs, what: 'its answer to the handshake' });
      this.#heard.add(Uint8Array.of(byte));
      return byte;
    } catch (error) {
      if (error instanceof LinkTimeoutError) return undefined;
      throw error;
    }
  }

  #failure(): UnbrickError {
    const evidence = [
      `sent the first handshake byte ${this.#starts} times in ${(this.#timeoutMs / 1000).toFixed(1)} s on ${this.#link.port.name}`,
      ...this.#heard.evidence(),
    ];
    const details = { stage: 'connect' as const, evidence };
    if (this.#echoing) {
      return new UnbrickError({
        ...details,
        code: 'HANDSHAKE_ECHO',
        message: 'The port sends back whatever it is sent: this is not a phone that waits for a tool.',
        next: [
          'Check that the port named is the phone: unplug it and see whether the port goes away.',
          'With a UART adapter: check that its two data lines do not touch and that its local echo is off.',
        ],
      });
    }
    if (this.#heard.other === 0) {
      return new UnbrickError({
        ...details,
        code: 'HANDSHAKE_SILENT',
        message: this.#heard.ready
          ? 'The preloader announces itself but does not answer the handshake.'
          : 'The phone is connected but does not answer.',
        next: [...CATCH_NEXT],
      });
    }
    return new UnbrickError({
      ...details,
      code: 'HANDSHAKE_GARBAGE',
      message: 'The phone answers, but not as a boot ROM or preloader does.',
      next: [
        'If Android, recovery or an earlier flash job is still running: hold the power key for 15 to 20 seconds until it is off.',
        'Close other programs that use the port (other flash tools, ModemManager).',
        ...CATCH_NEXT,
      ],
    });
  }
}

/** How to catch a phone, safest first. */
export const CATCH_NEXT: readonly string[] = [
  'Switch the phone off, start the job first, then plug in without pressing any key.',
  'Still nothing: plug in while holding Volume Up, or Volume Down, or both, until the job goes on.',
  'Take the battery out and put it back (or hold the power key for 20 seconds), then repeat.',
  'Try another cable and another USB port, without a hub.',
];
