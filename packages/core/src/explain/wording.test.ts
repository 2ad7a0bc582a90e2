import { expect, it } from 'vitest';
import { chooseLanguage } from './language.js';
import { ENGLISH_WORDING, say } from './wording.js';

it('fills the places of a message and leaves what is unknown', () => {
  expect(say('{device} on {port}', { device: 'a {port}', port: 'COM5' }, ENGLISH_WORDING)).toBe('a {port} on COM5');
  expect(say('{nothing}', {}, ENGLISH_WORDING)).toBe('{nothing}');
});

it('takes the form that the number asks for in the language', () => {
  const done = (tag: string, count: number) => {
    const language = chooseLanguage(tag);
    return say(language.ending.done, { count, size: '1 MiB', time: '0:07' }, language);
  };
  expect(done('en', 1)).toBe('Done and verified: 1 partition, 1 MiB in 0:07.');
  expect(done('en', 2)).toContain('2 partitions');
  expect([1, 3, 11, 21].map((count) => done('ru', count).match(/раздел\S*/)?.[0])).toEqual([
    'раздел,',
    'раздела,',
    'разделов,',
    'раздел,',
  ]);
  expect(done('id', 1)).toContain('1 partisi');
});
