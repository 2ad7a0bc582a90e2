import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { NO_FAULTS } from '../faults.js';
import type { BootMode, VirtualPhone } from '../phone.js';
import type { Profile } from '../profiles/profile.js';
import { findProfile } from '../profiles/profiles.js';
import { replay } from '../testing/replay.fixture.js';
import { testPhone } from '../testing/test-phone.fixture.js';

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

const transcript = (name: string) => readFileSync(new URL(`./transcripts/${name}.txt`, import.meta.url), 'utf8');

/** The profile with the identity of the phone in the transcript. */
function phoneLike(base: string, changes: { [K in keyof Profile]?: Partial<Profile[K]> }): Profile {
  const profile = structuredClone(findProfile(base)) as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(changes)) {
    profile[key] = typeof value === 'object' ? { ...(profile[key] as object), ...value } : value;
  }
  return profile as unknown as Profile;
}

const COUNTING_16 = '000102030405060708090a0b0c0d0e0f';
const COUNTING_32 = `${COUNTING_16}101112131415161718191a1b1c1d1e1f`;

const MT6895 = phoneLike('mt6895-ufs', { bootRom: { meId: COUNTING_16 } });

interface Case {
  name: string;
  profile: Profile;
  mode: BootMode;
  /** The transcript starts after the handshake. */
  handshake?: boolean;
  faults?: Partial<typeof NO_FAULTS>;
}

const CASES: Case[] = [
  { name: 'mt6580-brom', profile: findProfile('mt6580-emmc'), mode: 'brom' },
  { name: 'mt6580-genuine-host-v5', profile: findProfile('mt6580-emmc'), mode: 'brom' },
  { name: 'capture-legacy-host-5.1952', profile: findProfile('mt6580-emmc'), mode: 'brom' },
  { name: 'mt6735-brom', profile: findProfile('mt6735-emmc'), mode: 'brom' },
  { name: 'mt6735-preloader', profile: findProfile('mt6735-emmc'), mode: 'preloader', handshake: true },
  { name: 'mt6757-brom', profile: phoneLike('mt6757-emmc', { bootRom: { meId: COUNTING_16 } }), mode: 'brom' },
  { name: 'mt6757-preloader', profile: findProfile('mt6757-emmc'), mode: 'preloader', handshake: true },
  {
    name: 'mt6765-brom-locked',
    profile: phoneLike('mt6765-emmc', {
      bootRom: {
        targetConfig: 0xe7,
        meId: '29790f118876ab5d97c920d41bd4db65',
        socId: '654e7390c9e1826a3ea2783c8fab9af07a85de267739d48809777c4ab6f8b66f',
      },
    }),
    mode: 'brom',
  },
  {
    name: 'mt6833-brom',
    profile: phoneLike('mt6895-ufs', {
      hwCode: 0x989,
      bootRom: { targetConfig: 0xe7, meId: '00cac77862fbcb6d28586a793678ff0e' },
    }),
    mode: 'brom',
  },
  {
    name: 'da-rejected-preloader',
    profile: findProfile('mt6765-emmc'),
    mode: 'preloader',
    handshake: true,
    faults: { daRejected: true },
  },
  { name: 'send-da-odd', profile: findProfile('mt6580-emmc'), mode: 'brom', handshake: true },
  { name: 'send-da-even', profile: findProfile('mt6580-emmc'), mode: 'brom', handshake: true },
  { name: 'send-da-damaged', profile: findProfile('mt6580-emmc'), mode: 'brom', handshake: true },
  {
    name: 'sla-required',
    profile: phoneLike('mt6765-emmc', { bootRom: { targetConfig: 2, socId: COUNTING_32 } }),
    mode: 'brom',
    handshake: true,
  },
  {
    name: 'sla-without-key',
    profile: phoneLike('mt6765-emmc', { bootRom: { targetConfig: 2 } }),
    mode: 'brom',
    handshake: true,
  },
  { name: 'mt6895-genuine-host-v6', profile: MT6895, mode: 'brom' },
  { name: 'mt6895-genuine-host-v6-preloader', profile: MT6895, mode: 'preloader', handshake: true },
  {
    // The host stops here by itself: it was given no authorisation file.
    name: 'mt6895-genuine-host-v6-daa',
    profile: phoneLike('mt6895-ufs', { bootRom: { meId: COUNTING_16, targetConfig: 4 } }),
    mode: 'brom',
  },
  {
    name: 'pl3',
    profile: phoneLike('mt6765-emmc', {
      bootRom: { socId: '184b3de9601f45303008d0882582248f801408b5baa2428671c073d8a9b43b5b' },
    }),
    mode: 'preloader',
    handshake: true,
  },
];

describe('transcripts of boot ROMs and preloaders', () => {
  it.each(CASES)('answers $name byte for byte', async ({ name, profile, mode, handshake, faults }) => {
    const { phone, plugIn } = testPhone(profile, { mode, faults: { ...NO_FAULTS, ...faults } });
    phones.push(phone);
    const host = await plugIn();
    if (handshake) await (mode === 'brom' ? host.handshake() : host.preloaderHandshake());
    await expect(replay(host, transcript(name))).resolves.toBeUndefined();
  });
});
