/** Remembers what was done to the phone, to be able to say in what state it was left. */
export class PhoneState {
  #started: string | undefined;
  readonly #finished: string[] = [];
  #rebooted = false;

  begin(partition: string): void {
    this.#started = partition;
  }

  finish(partition: string): void {
    this.#started = undefined;
    this.#finished.push(partition);
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
    return this.#started !== undefined || this.#finished.length > 0;
  }

  /** One sentence for a person. */
  describe(): string {
    if (!this.touched) return 'Nothing was written to the phone.';
    const done = this.#finished.length > 0 ? `Written and verified: ${this.#finished.join(', ')}.` : '';
    if (this.#started !== undefined) {
      return [
        `${this.#started} is incomplete: do not start the phone before the job has been repeated to its end.`,
        done,
      ]
        .filter(Boolean)
        .join(' ');
    }
    return this.#rebooted ? `${done} The phone is starting.` : `${done} The phone was not restarted.`;
  }
}
