/** Something that holds memory and can let go of it. */
export interface Releasable {
  release(): void;
}

/** Files of one archive that are decompressed at the same time; each holds some 3 MiB. */
const MOST_OPEN = 3;

/**
 * A firmware has dozens of images, which are open all through a job but read one after another: those that were not read for
 * longest let go of their place, and begin anew when they are read again.
 */
export class StreamPool {
  readonly #open: Releasable[] = [];

  /** Tells that `user` is being read. */
  use(user: Releasable): void {
    const at = this.#open.indexOf(user);
    if (at >= 0) this.#open.splice(at, 1);
    this.#open.push(user);
    while (this.#open.length > MOST_OPEN) this.#open.shift()?.release();
  }
}
