import { vi } from 'vitest';

/** How often the clock is put forward, real ms. */
const TICK_MS = 5;

/** Does something while the clock runs so many times faster: for programs that give up after half a minute. */
export async function hurried<T>(work: () => Promise<T>, times = 100): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const clock = setInterval(() => vi.advanceTimersByTime(TICK_MS * times), TICK_MS);
  try {
    return await work();
  } finally {
    clearInterval(clock);
    vi.useRealTimers();
  }
}
