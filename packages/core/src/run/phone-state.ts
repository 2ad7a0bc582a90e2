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

  /** One sentence for a person. */
  describe(): string {
    if (!this.touched) return 'Nothing was written to the phone.';
    const done = this.#finished.length > 0 ? `Written and verified: ${this.#finished.join(', ')}.` : '';
    const repeat = 'do not start the phone before the job has been repeated to its end.';
    const open =
      this.#started !== undefined
        ? `${this.#started} is incomplete: ${repeat}`
        : this.#halfway
          ? `The job is incomplete: ${repeat} Repeat the same command: it goes on from here, with the backup it has made.`
          : '';
    if (open) return [open, done].filter(Boolean).join(' ');
    return [done, this.#rebooted ? 'The phone is starting.' : 'The phone was not restarted.'].filter(Boolean).join(' ');
  }
}
