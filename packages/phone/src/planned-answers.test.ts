import { describe, expect, it } from 'vitest';
import { NO_FAULTS, parseFault } from './faults.js';
import { checkPlannedAnswers, type PlannedAnswer, PlannedAnswers } from './planned-answers.js';
import { findProfile } from './profiles/profiles.js';

const planned = (...texts: string[]) => texts.reduce((plan, text) => parseFault(text, plan), NO_FAULTS).answers;

describe('answers=COMMAND:STATUS', () => {
  it.each<[string, PlannedAnswer]>([
    ['answers=SEND_DA:0x1D0D', { command: 'SEND_DA', from: 1, status: 0x1d0d }],
    ['answers=WRITE_DATA#3:3221487664', { command: 'WRITE_DATA', from: 3, status: 0xc0040030 }],
    [
      'answers=ERASE-FLASH:Erase [a=b: c] Failed.',
      { command: 'ERASE-FLASH', from: 1, status: 'Erase [a=b: c] Failed.' },
    ],
  ])('understands %s', (text, answer) => {
    expect(planned(text)).toEqual([answer]);
  });

  it.each(['answers', 'answers=', 'answers=SEND_DA', 'answers=SEND_DA:', 'answers=#2:1', 'answers=SEND_DA#0:1'])(
    'does not understand %s',
    (text) => {
      expect(() => planned(text)).toThrow(/answers=SEND_DA:0x1D0D/);
    },
  );

  it.each([
    ['mt6735-emmc', 'answers=WRITE_DATA:1', /no command 'WRITE_DATA'/],
    ['mt6765-emmc', 'answers=WRITE_DATA:no', /is a number/],
    ['mt6855-emmc', 'answers=ERASE-FLASH:0xC0040030', /is a sentence/],
  ])('tells that %s can never give %s', (profile, text, why) => {
    expect(() => checkPlannedAnswers(planned(text), findProfile(profile))).toThrow(why);
  });
});

describe('PlannedAnswers', () => {
  it('replaces from the status that was named, in every later command of that name', () => {
    const answers = new PlannedAnswers({ answers: planned('answers=A#2:0x10', 'answers=B:7') });
    const seen = (command: string) => {
      answers.begin(command);
      return [answers.word(), answers.word()];
    };
    expect(seen('A')).toEqual([undefined, 0x10]);
    expect(seen('C')).toEqual([undefined, undefined]);
    expect(seen('B')).toEqual([7, 7]);
    expect(seen('A')).toEqual([0x10, 0x10]);
  });
});
