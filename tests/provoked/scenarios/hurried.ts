import { vi } from 'vitest';

/** How often the clock is put forward, real ms. */
const TICK_MS = 5;

/**
 * Does something while the clock runs so many times faster: for programs that give up after some seconds. A busy computer
 * slows this clock down like everything else.
 */
export async function hurried<T>(work: () => Promise<T>, times = 20): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const clock = setInterval(() => vi.advanceTimersByTime(TICK_MS * times), TICK_MS);
  try {
    return await work();
  } finally {
    clearInterval(clock);
    vi.useRealTimers();
  }
}
