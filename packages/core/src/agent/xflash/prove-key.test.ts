import { describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import type { Signer, SigningRequest } from '../../security/signer.js';
import { pattern } from '../frames/testing/frame-bytes.fixture.js';
import { ProgrammedPort } from '../frames/testing/programmed-port.fixture.js';
import { XflashChannel } from './frame.js';
import { proveKeyToAgent } from './prove-key.js';

const DEVICE_CTRL = 0x010009;
const GET_DEV_FW_INFO = 0x040013;
const SET_REMOTE_SEC_POLICY = 0x02000b;
const INFO = pattern(68, 1, 0);
const ANSWER = pattern(256, 7, 3);

function signer(asked: SigningRequest[] = []): Signer {
  return {
    name: 'owner.pem',
    sign: async (request) => {
      asked.push(request);
      return ANSWER;
    },
  };
}

/** An agent that gives `info` and judges the answer with `verdict`; `taken` is what it was given. */
function agent(info: Uint8Array, verdict: number) {
  const taken: Uint8Array[] = [];
  const port = new ProgrammedPort(async (device) => {
    expect([await device.takeWord(), device.giveWord(0), await device.takeWord()]).toEqual([
      DEVICE_CTRL,
      undefined,
      GET_DEV_FW_INFO,
    ]);
    device.giveWord(0);
    device.give(info);
    device.giveWord(0);
    expect(await device.takeWord()).toBe(DEVICE_CTRL);
    device.giveWord(0);
    expect(await device.takeWord()).toBe(SET_REMOTE_SEC_POLICY);
    device.giveWord(0);
    taken.push(await device.take());
    device.giveWord(verdict);
  });
  return { channel: new XflashChannel(new Link(port)), port, taken };
}

describe('proveKeyToAgent', () => {
  it('signs the random bytes, and hands the identifiers to signers that want them', async () => {
    const { channel, port, taken } = agent(INFO, 0);
    const asked: SigningRequest[] = [];
    await proveKeyToAgent(channel, signer(asked));
    await port.finished;
    expect(asked).toEqual([
      { purpose: 'agent', message: INFO.slice(4, 20), hrid: INFO.slice(20, 36), socId: INFO.slice(36, 68) },
    ]);
    expect(taken).toEqual([ANSWER]);
  });

  it('says which key was refused', async () => {
    const { channel } = agent(INFO, 0xc002004a);
    await expect(proveKeyToAgent(channel, signer())).rejects.toMatchObject({
      code: 'SLA_REFUSED',
      message: expect.stringContaining('owner.pem'),
      evidence: expect.arrayContaining([expect.stringContaining('0xC002004A')]),
    });
  });

  it('does not sign what is no challenge', async () => {
    const asked: SigningRequest[] = [];
    const { channel } = agent(Uint8Array.of(0x12, 0x34, 0x56, 0x78), 0);
    await expect(proveKeyToAgent(channel, signer(asked))).rejects.toMatchObject({
      code: 'SLA_REFUSED',
      evidence: expect.arrayContaining([expect.stringContaining('4 bytes: 12345678')]),
    });
    expect(asked).toEqual([]);
  });

  it('stops without a key, saying where one comes from', async () => {
    const { channel } = agent(INFO, 0);
    const error = await proveKeyToAgent(channel, undefined).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'SLA_REQUIRED', stage: 'agent' });
    expect(error.next.join()).toMatch(/--key FILE.*maker/);
  });
});
