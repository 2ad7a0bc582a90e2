import { abortable } from '@unbrick/core';

/** Waits; zero and less do not wait at all. Rejects with the signal's reason when aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (milliseconds <= 0) return;
  let timer: NodeJS.Timeout | undefined;
  try {
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await abortable(over, signal);
  } finally {
    clearTimeout(timer);
  }
}
