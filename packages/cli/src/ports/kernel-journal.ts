import { execFile } from 'node:child_process';
import { type EnumerationFailure, enumerationFailure } from './kernel-messages.js';

/** Runs `journalctl` with these arguments; undefined when it is not there or fails. */
export type AskJournal = (args: readonly string[]) => Promise<string | undefined>;

/** Time between two questions, ms: each starts a process. */
const ASK_MS = 1000;
const ASK_TIMEOUT_MS = 10_000;
const KERNEL = ['--dmesg', '--quiet', '--no-pager', '--output=cat', '--show-cursor'];
const CURSOR = /^-- cursor: (.*)$/;

/**
 * The kernel's log as journald keeps it, from now on: readable for members of `adm` or `systemd-journal`, where the kernel
 * itself tells only root. Asked again and again rather than followed, so that no process is left behind however this one ends.
 */
export class KernelJournal {
  readonly #ask: AskJournal;
  #cursor: string | undefined;
  #found: EnumerationFailure[] = [];
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #readable = true;

  constructor(ask: AskJournal = askJournalctl) {
    this.#ask = ask;
  }

  /** False once it is known that this user is shown no message of the kernel. */
  get readable(): boolean {
    return this.#readable;
  }

  /** Failed enumerations that have become known since the last call. */
  failures(now = performance.now()): EnumerationFailure[] {
    if (this.#readable && !this.#asking && now - this.#askedAt >= ASK_MS) {
      this.#askedAt = now;
      void this.#look();
    }
    return this.#found.splice(0);
  }

  async #look(): Promise<void> {
    this.#asking = true;
    const before = this.#cursor;
    // The first look only finds the end of the log: what was before is not about this phone.
    const from = before === undefined ? '--lines=1' : `--after-cursor=${before}`;
    const lines = (await this.#ask([...KERNEL, from]))?.split('\n') ?? [];
    this.#cursor = lines.flatMap((line) => CURSOR.exec(line)?.[1] ?? []).at(-1) ?? before;
    this.#readable = this.#cursor !== undefined;
    if (before !== undefined) this.#found.push(...lines.flatMap((line) => enumerationFailure(line) ?? []));
    this.#asking = false;
  }
}

const askJournalctl: AskJournal = (args) =>
  new Promise((resolve) => {
    execFile('journalctl', args, { timeout: ASK_TIMEOUT_MS }, (error, stdout) => resolve(error ? undefined : stdout));
  });
