/** The promise's outcome, or a rejection with the signal's reason, whichever comes first. The work itself goes on. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  signal.throwIfAborted();
  let stop: () => void = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
