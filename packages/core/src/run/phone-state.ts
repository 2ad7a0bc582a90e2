import { ENGLISH_WORDING, say, type Wording } from '../explain/wording.js';

/** Remembers what was done to the phone, to be able to say in what state it was left. */
export class PhoneState {
  #started: string | undefined;
  readonly #finished: string[] = [];
  #touched = false;
  #halfway = false;
  #rebooted = false;

  /** From here to {@link wholeAgain} the phone is no use as it is, even between two steps. */
  halfway(): void {
    this.#halfway = true;
  }

  wholeAgain(): void {
    this.#halfway = false;
  }

  begin(partition: string): void {
    this.#started = partition;
    this.#touched = true;
  }

  finish(partition: string): void {
    this.#started = undefined;
    this.#finished.push(partition);
  }

  /** The partition was emptied, and nothing else is to be done with it. */
  emptied(): void {
    this.#started = undefined;
  }

  rebooted(): void {
    this.#rebooted = true;
  }

  /** True once the phone was told to start: there is nobody left to talk to. */
  get left(): boolean {
    return this.#rebooted;
  }

  /** True once anything may have been changed on the phone. */
  get touched(): boolean {
    return this.#touched;
  }

  /** A sentence or two for a person. */
  describe(wording: Wording = ENGLISH_WORDING): string {
    const { phone } = wording;
    if (!this.touched) return phone.untouched;
    const done = this.#finished.length > 0 ? say(phone.written, { names: this.#finished.join(', ') }, wording) : '';
    const open =
      this.#started !== undefined
        ? say(phone.incomplete, { name: this.#started }, wording)
        : this.#halfway
          ? phone.halfway
          : '';
    if (open) return [open, done].filter(Boolean).join(' ');
    return [done, this.#rebooted ? phone.starting : phone['not-restarted']].filter(Boolean).join(' ');
  }
}
