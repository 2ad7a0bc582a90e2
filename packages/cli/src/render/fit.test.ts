import { expect, it } from 'vitest';
import { clip, displayWidth, fold } from './fit.js';

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

it('folds a long line between words, behind its sign or label', () => {
  expect(fold('✓ The firmware is for this chip.', 20)).toEqual(['✓ The firmware is', '  for this chip.']);
  expect(fold('    next: Charge the phone, then repeat.', 28)).toEqual([
    '    next: Charge the phone,',
    '          then repeat.',
  ]);
  expect(fold('  ☑ 11  flash    lk  257 KiB  user', 26)).toEqual(['  ☑ 11  flash    lk  257', '    KiB  user']);
  expect(fold('    дальше: Зарядите телефон', 22)).toEqual(['    дальше: Зарядите', '            телефон']);
  expect(fold('    o bien: Carga el', 15)).toEqual(['    o bien: Carga', '            el']);
  expect(fold('    à faire : Chargez le', 21)).toEqual(['    à faire : Chargez', '              le']);
  expect(fold('short', 80)).toEqual(['short']);
});

it('folds by what is seen of a line with colours, and keeps them', () => {
  const red = '\u001b[31m✗ It is not there.\u001b[39m';
  expect(fold(red, 18)).toEqual([red]);
  expect(fold(red, 12)).toEqual(['\u001b[31m✗ It is not', '  there.\u001b[39m']);
});

it('keeps commands whole', () => {
  expect(fold('In another terminal: `sudo systemctl stop ModemManager`. Then plug in again.', 30)).toEqual([
    'In another terminal:',
    '  `sudo systemctl stop ModemManager`.',
    '  Then plug in again.',
  ]);
});

it('leaves a word whole that is longer than the line', () => {
  expect(fold('see: /a/very/long/path/to/a/file', 10)).toEqual(['see: /a/very/long/path/to/a/file']);
});
