import { UnbrickError } from '../errors/unbrick-error.js';
import { type Link, LinkTimeoutError } from '../link/link.js';
import { BOOT_STATUS, decode, encode, FIRST_ERROR_STATUS, hex, hexBytes, u8, u16, u32 } from '../wire/index.js';

/** Milliseconds within which every reply of a healthy session has come; real ones take microseconds. */
const REPLY_TIMEOUT_MS = 3000;

/** `0x7024 DAA_SIG_VERIFY_FAILED`, as status words are shown to people. */
export function statusText(status: number): string {
  return `${hex(status, 4)} ${BOOT_STATUS.get(status) ?? '(a status nobody has named)'}`;
}

/** Whether a status word ends the command: docs/protocol/bootrom.md, "How to read this document", rule 3. */
export function isRefusal(status: number): boolean {
  return status >= FIRST_ERROR_STATUS;
}

/**
 * The three rules every command of boot ROM and preloader follows: the opcode is echoed, each argument is echoed, and a
 * big-endian status word ends it. `what` names the command in errors.
 */
export class Exchange {
  readonly link: Link;
  readonly replyTimeoutMs: number;

  constructor(link: Link, replyTimeoutMs = REPLY_TIMEOUT_MS) {
    this.link = link;
    this.replyTimeoutMs = replyTimeoutMs;
  }

  /** @throws UnbrickError `ECHO_MISMATCH` when the phone answers with anything but the opcode */
  command(opcode: number, what: string): Promise<void> {
    return this.#echoed(encode(u8, 'big', opcode), `the command ${what}`);
  }

  argument16(value: number, what: string): Promise<void> {
    return this.#echoed(encode(u16, 'big', value), what);
  }

  argument32(value: number, what: string): Promise<void> {
    return this.#echoed(encode(u32, 'big', value), what);
  }

  async readByte(what: string): Promise<number> {
    return this.link.readByte({ timeoutMs: this.replyTimeoutMs, what });
  }

  async read16(what: string, timeoutMs = this.replyTimeoutMs): Promise<number> {
    return decode(u16, 'big', await this.link.read(2, { timeoutMs, what }));
  }

  async read32(what: string, timeoutMs = this.replyTimeoutMs): Promise<number> {
    return decode(u32, 'big', await this.link.read(4, { timeoutMs, what }));
  }

  async #echoed(bytes: Uint8Array, what: string): Promise<void> {
    await this.link.write(bytes);
    const echo = await this.link.read(bytes.length, { timeoutMs: this.replyTimeoutMs, what: `its echo of ${what}` });
    if (bytes.every((byte, i) => byte === echo[i])) return;
    throw outOfStep([`sent ${what} as ${hexBytes(bytes)}, the phone echoed ${hexBytes(echo)}`]);
  }
}

/** Phone and host no longer agree on where in the conversation they are. */
export function outOfStep(evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'ECHO_MISMATCH',
    stage: 'bootrom',
    message: 'The phone did not repeat what it was sent: the conversation is out of step.',
    evidence,
    next: [
      'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.',
      'Close other programs that use the port (other flash tools, ModemManager).',
      'Try another cable and another USB port, without a hub.',
    ],
  });
}

/** Whether an error means "the phone does not know this command" or ended it early; the link is then still there. */
export function isTolerable(error: unknown): error is UnbrickError {
  return (
    error instanceof LinkTimeoutError ||
    (error instanceof UnbrickError && (error.code === 'BROM_REFUSED' || error.code === 'ECHO_MISMATCH'))
  );
}
