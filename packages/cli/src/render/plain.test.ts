import { expect, it } from 'vitest';
import { plainRenderer } from './plain.js';

const write = (bytes: number, partition = 'system') =>
  ({ type: 'progress', phase: 'write', partition, bytes, total: 1000 }) as const;

it('tells the start and the end of a phase, and how far a long one is', () => {
  let text = '';
  let time = 0;
  const { show } = plainRenderer(
    (part) => {
      text += part;
    },
    () => time,
  );
  for (const bytes of [0, 100, 200]) show(write(bytes));
  time = 2500;
  for (const bytes of [310, 320]) show(write(bytes));
  time = 5000;
  for (const bytes of [320, 999, 1000, 1000]) show(write(bytes));
  for (const bytes of [0, 500, 1000]) show(write(bytes, 'lk'));
  expect(text.trim().split('\n')).toEqual([
    'Write system …',
    'Write system 31 %',
    'Write system 32 %',
    'Write system 100 %',
    'Write lk …',
    'Write lk 100 %',
  ]);
});
