import { expect, it } from 'vitest';
import { clip, displayWidth, wrap } from './fit.js';

it('counts the columns of every script, and no colour codes', () => {
  expect(displayWidth('громкость')).toBe(9);
  expect(displayWidth('दिखा:')).toBe(5);
  expect(displayWidth('कुछ')).toBe(2);
});

it('cuts a line without tearing a letter apart or losing the end of a colour', () => {
  expect(clip('\u001b[36m0:12\u001b[39m  No phone', 8)).toBe('\u001b[36m0:12\u001b[39m  No');
  expect(clip('कुछ', 1)).toBe('कु');
  expect(clip('short', 80)).toBe('short');
});

it('breaks between words and keeps commands whole', () => {
  const text = 'In another terminal: `sudo systemctl stop ModemManager`. Then plug in again.';
  expect(wrap(text, 30)).toEqual([
    'In another terminal:',
    '`sudo systemctl stop ModemManager`.',
    'Then plug in again.',
  ]);
  expect(wrap('one', 10)).toEqual(['one']);
});
