import { expect, it } from 'vitest';
import { KernelJournal } from './kernel-journal.js';

/** As `journalctl --show-cursor` prints them. */
const page = (cursor: string, ...lines: string[]) => [...lines, `-- cursor: ${cursor}`, ''].join('\n');
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('passes over what was there before, tells what fails from then on, and asks no more often than it must', async () => {
  const asked: string[] = [];
  const answers = [
    page('a', 'usb 1-1: device descriptor read/64, error -71'),
    page('b', 'usb 1-2: new device', 'usb 1-4: device descriptor read/64, error -71'),
    '',
  ];
  const journal = new KernelJournal(async (args) => {
    asked.push(args.at(-1) as string);
    return answers.shift();
  });
  const failures = [];
  for (const now of [0, 500, 1000, 1100, 2000, 3000]) {
    failures.push(...journal.failures(now));
    await settled();
  }
  expect(asked).toEqual(['--lines=1', '--after-cursor=a', '--after-cursor=b', '--after-cursor=b']);
  expect(failures).toEqual([{ busPath: '1-4', detail: 'device descriptor read/64, error -71' }]);
  expect(journal.readable).toBe(true);
});

it.each([
  ['nothing', ''],
  ['no journal', undefined],
])('knows that it is shown %s', async (_, answer) => {
  let asked = 0;
  const journal = new KernelJournal(async () => {
    asked++;
    return answer;
  });
  for (const now of [0, 1000, 2000]) {
    expect(journal.failures(now)).toEqual([]);
    await settled();
  }
  expect(journal.readable).toBe(false);
  expect(asked).toBe(1);
});
