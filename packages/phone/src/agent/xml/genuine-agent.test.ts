import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Profile } from '../../profiles/profile.js';
import { findProfile } from '../../profiles/profiles.js';
import { PhoneUnderTest } from './testing/phone-under-test.js';

/** The phone that was recorded: ids of zeros, no battery. */
function recordedPhone(): Profile {
  const profile = findProfile('mt6895-ufs');
  return {
    ...profile,
    project: '0123456789ABCDEF',
    bootRom: { ...profile.bootRom, meId: '0'.repeat(32) },
    storage: {
      ...profile.storage,
      regions: { lu0: 0x400000, lu1: 0x400000, lu2: 0x1d2000000 },
      id: 'ORACLE-UFS-0001',
      firmwareVersion: '0100',
    },
    ramSize: 0x80000000,
    batteryMillivolts: 0,
  };
}

it('answers like a genuine stage 2, frame by frame', async () => {
  const phone = await PhoneUnderTest.start({
    profile: recordedPhone(),
    blank: true,
    stage2: ({ parameters }) => {
      parameters.system = 'LINUX';
    },
  });
  const lines = readFileSync(new URL('./testing/genuine-agent-mt6895.txt', import.meta.url), 'utf8').split('\n');
  let compared = 0;
  for (const line of lines) {
    const body = line.slice(2);
    if (line.startsWith('> ')) phone.sendText(body);
    if (!line.startsWith('< ')) continue;
    compared++;
    const payload = await phone.data();
    const elided = /^\[(\d+) (\w+)\]$/.exec(body);
    if (!elided) {
      expect(new TextDecoder().decode(payload)).toBe(`${body}\0`);
      continue;
    }
    expect(payload.length).toBe(Number(elided[1]));
    expect(
      createHash('sha256')
        .update(payload)
        .digest('hex')
        .startsWith(elided[2] as string),
    ).toBe(true);
  }
  expect(compared).toBe(88);
});
