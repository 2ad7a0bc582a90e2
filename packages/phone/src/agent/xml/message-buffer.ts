/** All texts of a command gather here until CMD:END takes them along. */
export class MessageBuffer {
  #text = '';

  add(text: string): void {
    this.#text = (this.#text + text).slice(0, SIZE - 1);
  }

  get text(): string {
    return this.#text;
  }

  clear(): void {
    this.#text = '';
  }
}

/** The agents' buffer, bytes with its NUL. */
const SIZE = 4096;
