import { createHash } from 'node:crypto';
import { hexBytes, xor16 } from '@unbrick/core/wire';
import { afterEach, describe, expect, it } from 'vitest';
import type { BootMode, VirtualPhone } from '../phone.js';
import type { Profile, SecurityTraits } from '../profiles/profile.js';
import { findProfile } from '../profiles/profiles.js';
import { pattern } from '../testing/bytes.fixture.js';
import { OwnerKey } from '../testing/owner-key.fixture.js';
import type { ScriptedHost } from '../testing/scripted-host.fixture.js';
import { testPhone } from '../testing/test-phone.fixture.js';

const owner = new OwnerKey();
const { public: key } = owner;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

/** A phone with these bits in its target configuration and these secrets, after the handshake. */
async function talk(
  targetConfig: number,
  security: SecurityTraits,
  mode: BootMode = 'brom',
  more: Partial<Profile> = {},
) {
  const plain = findProfile('mt6580-emmc');
  const profile: Profile = {
    ...plain,
    ...more,
    bootRom: { ...plain.bootRom, ...more.bootRom, targetConfig },
    preloader: { ...plain.preloader, targetConfig },
    security,
  };
  const made = testPhone(profile, { mode });
  phones.push(made.phone);
  const host = await made.plugIn();
  await (mode === 'brom' ? host.handshake() : host.preloaderHandshake());
  return { ...made, host };
}

const word = (value: number) => value.toString(16).padStart(8, '0');
const swap = (bytes: Uint8Array) => bytes.map((byte, i) => bytes[i ^ 1] ?? byte);
const fromHex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

async function sendFile(host: ScriptedHost, opcode: string, file: Uint8Array): Promise<string> {
  await host.exchange(opcode, opcode);
  await host.exchange(word(file.length), word(file.length));
  expect(await host.receive(2)).toBe('0000');
  await host.send(hexBytes(file));
  const answer = await host.receive(4);
  expect(answer.slice(0, 4)).toBe(xor16(file).toString(16).padStart(4, '0'));
  return answer.slice(4);
}

/** @returns the first status, or the second when the upload was taken */
async function sendAgent(host: ScriptedHost, agent: Uint8Array, signatureLength: number): Promise<string> {
  await host.exchange('d7', 'd7');
  for (const value of [0x200000, agent.length, signatureLength]) await host.exchange(word(value), word(value));
  const taken = await host.receive(2);
  if (taken !== '0000') return taken;
  await host.send(hexBytes(agent));
  return (await host.receive(4)).slice(4);
}

/** Answers the challenge with what `answer` makes of it. */
async function authorise(host: ScriptedHost, answer: (challenge: Uint8Array) => Uint8Array): Promise<string> {
  await host.exchange('e3', 'e3 0000 00000010');
  const response = swap(answer(swap(fromHex(await host.receive(16)))));
  await host.exchange(word(response.length), word(response.length));
  const taken = await host.receive(2);
  if (taken !== '0000') return taken;
  await host.send(hexBytes(response));
  return host.receive(2);
}

const own = (message: Uint8Array) => owner.seal(message);
const signed = (code: Uint8Array) => Uint8Array.from([...code, ...owner.sign(code)]);

describe('the serial link', () => {
  it('is opened by the owner’s key, and then stays open', async () => {
    const { host, log } = await talk(0x2, { linkKey: key });
    expect(await sendAgent(host, pattern(64), 0)).toBe('1d0d');
    expect(await authorise(host, own)).toBe('0000');
    await host.exchange('e3', 'e3 7017');
    expect(await sendAgent(host, pattern(64), 0)).toBe('0000');
    expect(log).toContainEqual(expect.objectContaining({ what: 'SLA', detail: { responseLength: 128, accepted: 1 } }));
  });

  it('takes the chip’s id before the challenge too', async () => {
    const socId = '5a'.repeat(32);
    const { bootRom } = findProfile('mt6580-emmc');
    const { host } = await talk(0x2, { linkKey: key }, 'brom', { bootRom: { ...bootRom, socId } });
    expect(await authorise(host, (challenge) => own(Uint8Array.from([...fromHex(socId), ...challenge])))).toBe('0000');
  });

  it('is not opened by anything else, and each time asks something else', async () => {
    const { host } = await talk(0x2, { linkKey: key });
    expect(await authorise(host, () => own(new Uint8Array(16)))).toBe('1d0d');
    expect(await authorise(host, () => new Uint8Array(64))).toBe('8000');
    const seen: string[] = [];
    const note = (challenge: Uint8Array) => {
      seen.push(hexBytes(challenge));
      return new Uint8Array(128);
    };
    await authorise(host, note);
    await authorise(host, note);
    expect(seen[0]).not.toBe(seen[1]);
    expect(await sendAgent(host, pattern(64), 0)).toBe('1d0d');
  });

  it('is not insisted on by a preloader that has no key', async () => {
    const { host } = await talk(0x2, {}, 'preloader');
    expect(await sendAgent(host, pattern(64), 0)).toBe('0000');
    const strict = await talk(0x2, { linkKey: key }, 'preloader');
    expect(await sendAgent(strict.host, pattern(64), 0)).toBe('1d0d');
    expect(await authorise(strict.host, own)).toBe('0000');
  });
});

describe('signed agents', () => {
  it('are the only ones that start', async () => {
    const { host } = await talk(0x4, { agentKey: key });
    await sendFile(host, 'e2', Uint8Array.of(1, 2));
    const agent = signed(pattern(300));
    expect(await sendAgent(host, agent, 0)).toBe('1d15');
    expect(
      await sendAgent(
        host,
        agent.map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
        128,
      ),
    ).toBe('7015');
    expect(await sendAgent(host, agent, 128)).toBe('0000');
    await host.exchange('d5', 'd5');
    await host.exchange('00200000', '00200000 0000');
  });

  it('are wanted by the preloader too, which resets into the boot ROM otherwise', async () => {
    const { host, plugIn } = await talk(0x4, { agentKey: key }, 'preloader');
    expect(await sendAgent(host, pattern(428), 128)).toBe('2001');
    await host.untilGone();
    const again = await plugIn();
    expect(again.port.identity?.productId).toBe(0x0003);
  });
});

describe('files of the maker', () => {
  const file = pattern(600);

  it('are taken when they are the right ones', async () => {
    const { host } = await talk(0x14, { authFile: sha256(file), certificate: sha256(file), agentKey: key });
    const agent = signed(pattern(300));
    expect(await sendFile(host, 'e0', pattern(601))).toBe('9000');
    expect(await sendFile(host, 'e2', pattern(599))).toBe('2000');
    expect(await sendAgent(host, agent, 128)).toBe('1d17');
    expect(await sendFile(host, 'e0', file)).toBe('0000');
    expect(await sendAgent(host, agent, 128)).toBe('1d17');
    expect(await sendFile(host, 'e2', file)).toBe('0000');
    expect(await sendAgent(host, agent, 128)).toBe('0000');
  });
});
