import { expect, it } from 'vitest';
import { asUnbrickError } from './as-unbrick-error.js';
import { UnbrickError } from './unbrick-error.js';

const system = (code: string) =>
  Object.assign(new Error(`${code}: it failed, open '/firmware/lk.bin'`), { code, syscall: 'open' });

it('leaves an UnbrickError as it is', () => {
  const error = new UnbrickError({ code: 'NO_PHONE', stage: 'connect', message: 'No phone.' });
  expect(asUnbrickError(error)).toBe(error);
});

it.each([
  ['ENOSPC', /Make room/],
  ['EACCES', /may read and write/],
  ['EIO', /another one/],
  ['EMFILE', /Close other programs/],
  ['ENOTDIR', /what you mean/],
])('tells what the computer refused, and what helps: %s', (code, next) => {
  const error = asUnbrickError(system(code));
  expect(error).toMatchObject({ code: 'COMPUTER_REFUSED', evidence: [`${code}: it failed, open '/firmware/lk.bin'`] });
  expect(error.next[0]).toMatch(next);
});

it.each([new TypeError('x is undefined'), 'a text', undefined])('takes the blame for anything else: %s', (cause) => {
  expect(asUnbrickError(cause)).toMatchObject({ code: 'INTERNAL', stage: 'internal' });
});
