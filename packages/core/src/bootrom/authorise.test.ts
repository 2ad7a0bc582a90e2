import { describe, expect, it } from 'vitest';
import type { AgentGeneration } from '../agent/agent.js';
import type { OwnerCredentials, Signer, SigningRequest } from '../security/signer.js';
import { authoriseHost } from './authorise.js';
import { BootRom } from './commands.js';
import type { DeviceIdentity } from './identity.js';
import { decodeTargetConfig } from './target-config.js';
import { scriptedPhone } from './testing/scripted-device.js';

const AUTH = { name: 'auth_sv5.auth', bytes: Uint8Array.of(0x4d, 0x4d, 0x4d, 0x01, 0x38, 0, 0, 0) };
const ASK_SLA = '> D8\n< D8\n< 00 00 00 02\n< 00 00\n';
const SEND_AUTH = `> E2\n< E2\n> 00 00 00 08\n< 00 00 00 08\n< 00 00\n> @file\n< 4C 38\n< 00 00\n`;
const SOC_ID = `> E7\n< E7\n< 00 00 00 20\n< ${hexRun(0, 32)}\n< 00 00\n`;
const NO_SOC_ID = '> E7\n< E7\n< 00 00 00 00\n< 00 00\n';
const CHALLENGE = `> E3\n< E3\n< 00 00\n< 00 00 00 10\n< ${hexRun(0, 16)}\n`;
const SWAPPED = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14];
const ANSWER = '> 00 00 00 08\n< 00 00 00 08\n< 00 00\n> A5 5A A5 5A A5 5A A5 5A\n';
const SOC = Array.from({ length: 32 }, (_, i) => i);

function hexRun(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => (from + i).toString(16).padStart(2, '0')).join(' ');
}

/** Answers with bytes that are easy to see on the wire, and keeps what it was asked. */
function fakeSigner(): Signer & { asked: SigningRequest[] } {
  const asked: SigningRequest[] = [];
  return {
    name: 'owner.pem',
    asked,
    sign: async (request) => {
      asked.push(request);
      return Uint8Array.of(0x5a, 0xa5, 0x5a, 0xa5, 0x5a, 0xa5, 0x5a, 0xa5);
    },
  };
}

async function authorise(
  script: string,
  config: number,
  credentials: OwnerCredentials,
  agent: AgentGeneration = 'xflash',
  stage: DeviceIdentity['stage'] = 'brom',
) {
  const { link, done, extra } = scriptedPhone(script, { data: { file: AUTH.bytes } });
  const identity = {
    stage,
    targetConfig: decodeTargetConfig(config),
    chip: { agent },
  } as DeviceIdentity;
  const after = await authoriseHost(new BootRom(link), identity, credentials);
  await done;
  expect(await extra()).toBe('');
  return after;
}

describe('authoriseHost', () => {
  it('follows the transcript: authorisation file, configuration again, SOC_ID, challenge', async () => {
    const signer = fakeSigner();
    const script = `${SEND_AUTH}${ASK_SLA}${SOC_ID}${CHALLENGE}${ANSWER}< 00 00`;
    await authorise(script, 0x02, { authorisation: AUTH, signer }, 'xml');
    expect(signer.asked).toEqual([
      { purpose: 'boot-rom', message: Uint8Array.from([...SOC, ...SWAPPED]), socId: Uint8Array.from(SOC) },
    ]);
  });

  it('asks for no signature when the authorisation file lifts the lock', async () => {
    const signer = fakeSigner();
    const after = await authorise(`${SEND_AUTH}> D8\n< D8\n< 00 00 00 05\n< 00 00`, 0x07, {
      authorisation: AUTH,
      signer,
    });
    expect(after.targetConfig).toMatchObject({ raw: 5, serialLinkAuthorisation: false });
    expect(signer.asked).toEqual([]);
  });

  it('signs the challenge alone for older chips, and with the SOC_ID when that is refused', async () => {
    const signer = fakeSigner();
    const script = `${SOC_ID}${CHALLENGE}${ANSWER}< 70 15\n${CHALLENGE}${ANSWER}< 00 00`;
    await authorise(script, 0x02, { signer });
    expect(signer.asked.map(({ message }) => [...message])).toEqual([SWAPPED, [...SOC, ...SWAPPED]]);
  });

  it('asks a legacy chip for no SOC_ID', async () => {
    await authorise(`${CHALLENGE}${ANSWER}< 00 00`, 0x02, { signer: fakeSigner() }, 'legacy');
  });

  it('is content when the phone has been authorised before', async () => {
    await authorise(`${NO_SOC_ID}> E3\n< E3\n< 70 17`, 0x02, { signer: fakeSigner() });
  });

  it('sends a certificate where one is demanded', async () => {
    const script = '> E0\n< E0\n> 00 00 00 08\n< 00 00 00 08\n< 00 00\n> @file\n< 4C 38\n< 00 00';
    await authorise(script, 0x10, { certificate: { ...AUTH, name: 'root.cert' } });
  });

  it.each([
    ['a preloader', 0xe7, 'preloader' as const],
    ['an open boot ROM', 0x00, 'brom' as const],
    ['a boot ROM that wants a signed agent only, without an authorisation file', 0x05, 'brom' as const],
  ])('says nothing to %s', async (_, config, stage) => {
    await authorise('', config, { signer: fakeSigner() }, 'xflash', stage);
  });

  it.each([
    ['a key', 0x02, {}, 'SLA_REQUIRED', '--key'],
    ['a certificate', 0x10, {}, 'CERTIFICATE_REQUIRED', '--cert'],
  ])('names %s that is missing, and sends nothing', async (_, config, credentials, code, option) => {
    const error = await authorise('', config, credentials).catch((failure) => failure);
    expect(error).toMatchObject({ code, stage: 'bootrom' });
    expect(error.next.join()).toContain(option);
    expect(error.next.join()).toMatch(/service/);
  });

  it.each([
    ['its status before the challenge', `${NO_SOC_ID}> E3\n< E3\n< 1D 0D`, 'SLA_REFUSED', '0x1d0d'],
    [
      'the length of the answer',
      `${NO_SOC_ID}${CHALLENGE}> 00 00 00 08\n< 00 00 00 08\n< 80 00`,
      'SLA_REFUSED',
      '8 bytes',
    ],
    ['the answer', `${NO_SOC_ID}${CHALLENGE}${ANSWER}< 70 15`, 'SLA_REFUSED', '0x7015'],
    ['a sane challenge', `${NO_SOC_ID}> E3\n< E3\n< 00 00\n< 7F FF FF FF`, 'ECHO_MISMATCH', '2147483647'],
    ['the same length', `${NO_SOC_ID}${CHALLENGE}> 00 00 00 08\n< 00 00 00 80`, 'ECHO_MISMATCH', '00000080'],
  ])('names a phone that refuses %s', async (_, script, code, seen) => {
    const error = await authorise(script, 0x02, { signer: fakeSigner() }).catch((failure) => failure);
    expect(error).toMatchObject({ code });
    expect(error.evidence.join()).toContain(seen);
  });

  it('tells a key that cannot sign', async () => {
    const signer: Signer = {
      name: 'short.pem',
      sign: () => Promise.reject(new RangeError('16 bytes do not fit')),
    };
    await expect(authorise(`${NO_SOC_ID}${CHALLENGE}`, 0x02, { signer })).rejects.toMatchObject({
      code: 'SIGNER_FAILED',
      evidence: ['the message to sign has 16 bytes', '16 bytes do not fit'],
    });
  });
});
