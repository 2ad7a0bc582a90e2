import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { JobEvent } from './events.js';
import { guideWait } from './guided-wait.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells what is seen when it changes, and the next thing to try when its time has come', () => {
  const events: JobEvent[] = [];
  const wait = guideWait((event) => events.push(event));
  wait.observe({ kind: 'opened', port: 'tcp:127.0.0.1:7001' });
  vi.advanceTimersByTime(60_000);
  expect(events).toEqual([]);

  wait.observe({ kind: 'devices', devices: [] });
  wait.observe({ kind: 'devices', devices: [] });
  expect(events).toMatchObject([{ type: 'connection', state: 'nothing', advice: expect.stringContaining('no key') }]);
  vi.advanceTimersByTime(31_000);
  expect(events.at(-1)).toMatchObject({ advice: expect.stringContaining('Volume Up') });
  wait.observe({ kind: 'devices', devices: [{ vendorId: 0x0e8d, productId: 0x2000, busPath: '1-4' }] });
  expect(events.at(-1)).toMatchObject({ state: 'seen', devices: [{ busPath: '1-4', kind: 'preloader' }] });

  const told = events.length;
  wait.end();
  vi.advanceTimersByTime(60_000);
  expect(events).toHaveLength(told);
});

it('says once what cannot be seen, to who has seen nothing for a while', () => {
  const events: JobEvent[] = [];
  const wait = guideWait((event) => events.push(event));
  const notes = () => events.filter((event) => event.type === 'note');
  wait.observe({ kind: 'devices', devices: [] });
  wait.observe({ kind: 'failures-hidden' });
  vi.advanceTimersByTime(5000);
  expect(notes()).toEqual([]);
  vi.advanceTimersByTime(60_000);
  wait.observe({ kind: 'failures-hidden' });
  vi.advanceTimersByTime(60_000);
  wait.end();
  expect(notes()).toMatchObject([{ message: expect.stringContaining('`sudo dmesg --follow`') }]);
});
