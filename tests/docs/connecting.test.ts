import { readFileSync } from 'node:fs';
import { ConnectGuide, type Observation } from '@unbrick/core';
import { chooseLanguage } from '@unbrick/core/explain';
import { expect, it } from 'vitest';

/** What the page tells of: second by second, what somebody with a bad cable, a busy phone and ModemManager did. */
const phone = (productId: number): Observation => ({
  kind: 'devices',
  devices: [{ vendorId: 0x0e8d, productId, busPath: '1-4' }],
});
const nothing: Observation = { kind: 'devices', devices: [] };
const STORY: readonly [second: number, seen: Observation][] = [
  [0, nothing],
  [45, { kind: 'enumeration-failed', busPath: '1-4', detail: 'device descriptor read/64, error -71' }],
  [57, phone(0x201c)],
  [62.9, nothing],
  [63, phone(0x0003)],
  [64, nothing],
  [70, phone(0x2000)],
  [70.1, { kind: 'refused', port: '/dev/ttyACM0', code: 'PORT_BUSY', holders: ['ModemManager (process 812)'] }],
  [72.3, nothing],
  [80, phone(0x2000)],
  [80.1, { kind: 'opened', port: 'serial:/dev/ttyACM0' }],
  [80.2, { kind: 'heard', what: 'answer' }],
];

function tellStory(language: string): string[] {
  let now = 0;
  let told = '';
  const lines: string[] = [];
  const guide = new ConnectGuide(() => now, chooseLanguage(language));
  const tell = () => {
    const { seen, advice } = guide.guidance();
    if (`${seen}${advice}` === told) return;
    told = `${seen}${advice}`;
    lines.push(`${String(Math.floor(now / 1000)).padStart(7)} s  ${seen}`, `           → ${advice}`);
  };
  for (const [second, seen] of STORY) {
    for (; now + 500 < second * 1000; tell()) now += 500;
    now = second * 1000;
    guide.observe(seen);
    tell();
  }
  return lines;
}

it('docs/connecting.md shows what the guide really says', () => {
  const page = readFileSync(new URL('../../docs/connecting.md', import.meta.url), 'utf8');
  expect(page).toContain(tellStory('en').join('\n'));
  // The Spanish excerpt: the key that was let go.
  const spanish = tellStory('es');
  const at = spanish.findIndex((line) => line.includes('0e8d:0003'));
  expect(page).toContain(spanish.slice(at, at + 4).join('\n'));
});
