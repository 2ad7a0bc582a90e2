import { expect, it } from 'vitest';
import type { JobEvent } from './events.js';
import { PhaseProgress } from './phase-progress.js';

it('starts at 0, never goes back, tells the end once', () => {
  const seen: JobEvent[] = [];
  const progress = new PhaseProgress((event) => seen.push(event), 'write', 'boot', 10);
  for (const bytes of [4, 4, 3, 10, 10, 12]) progress.reach(bytes);
  progress.done();
  expect(seen.map((event) => (event.type === 'progress' ? event.bytes : event.type))).toEqual([0, 4, 10]);
});

it('counts a phase without bytes as begun and done', () => {
  const seen: JobEvent[] = [];
  new PhaseProgress((event) => seen.push(event), 'erase', undefined, 0).done();
  expect(seen).toEqual([{ type: 'progress', phase: 'erase', bytes: 0, total: 0 }]);
});
