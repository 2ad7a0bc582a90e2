import { describe, expect, it } from 'vitest';
import { xor16 } from '../wire/index.js';
import { BootRom } from './commands.js';
import { type Cut, scriptedPhone } from './testing/scripted-device.js';
import { MT6580_BROM, MT6735_PRELOADER, PRELOADER_3, SEND_DA_SIX } from './testing/transcripts.js';

const CUTS: Cut[] = ['as-written', 'single-bytes', 'merged'];
const AGENT = {
  bytes: Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66),
  address: 0x00200000,
  signatureLength: 2,
};

function bootRom(
  script: string,
  options: { cut?: Cut; data?: Record<string, Uint8Array>; replyTimeoutMs?: number } = {},
) {
  const notes: string[] = [];
  const phone = scriptedPhone(script, options);
  const { replyTimeoutMs = 3000 } = options;
  return { ...phone, notes, rom: new BootRom(phone.link, { onNote: (note) => notes.push(note), replyTimeoutMs }) };
}

describe('BootRom.identify', () => {
  it.each(CUTS)('reads an MT6580 boot ROM and stops its watchdog (%s)', async (cut) => {
    const { rom, done, extra, notes } = bootRom(MT6580_BROM, { cut });
    expect(await rom.identify()).toMatchObject({
      stage: 'brom',
      hwCode: 0x6580,
      hwSubCode: 0x8a00,
      hwVersion: 0xca00,
      swVersion: 0,
      bromVersion: 5,
      bootloaderVersion: 0xfe,
      chip: { hwCode: 0x6580 },
      targetConfig: { raw: 0, secureBoot: false },
      meId: '000102030405060708090a0b0c0d0e0f',
    });
    await done;
    expect(await extra()).toBe('');
    expect(notes).toEqual([]);
  });

  it('sends a preloader no watchdog write, no GET_VERSION and, below generation 3, no identifier commands', async () => {
    const { rom, done, extra } = bootRom(MT6735_PRELOADER);
    const identity = await rom.identify();
    expect(identity).toMatchObject({ stage: 'preloader', bootloaderVersion: 2, bromVersion: 0xff, hwVersion: 0xcb00 });
    expect(identity).not.toHaveProperty('meId');
    await done;
    expect(await extra()).toBe('');
  });

  it('reads identifiers and locks from a preloader of generation 3', async () => {
    const { rom, done } = bootRom(PRELOADER_3);
    expect(await rom.identify()).toMatchObject({
      bootloaderVersion: 3,
      targetConfig: { raw: 5, secureBoot: true, serialLinkAuthorisation: false, agentAuthentication: true },
      meId: '29790f118876ab5d97c920d41bd4db65',
      socId: '184b3de9601f45303008d0882582248f801408b5baa2428671c073d8a9b43b5b',
    });
    await done;
  });

  it('goes on, in step, when the watchdog write is refused with a single status word', async () => {
    const script = MT6580_BROM.replace(/< 00 01 {10}.*\n.*> 22 00 00 64\n.*\n.*< 00 01\n/, '< 1D 02\n');
    expect(script).toContain('1D 02\n  > FF');
    const { rom, done, notes } = bootRom(script);
    expect(await rom.identify()).toMatchObject({ bromVersion: 5, meId: expect.any(String) });
    await done;
    expect(notes.join()).toContain('0x1d02 INVALID_ADDRESS');
  });

  it('takes an echoed, otherwise unknown command for "not available" and finds back into step', async () => {
    const script = MT6580_BROM.replace(/> E1[\s\S]*/, '> E1\n< E1 ; and nothing more\n> FE\n< FE');
    const { rom, done, extra, notes } = bootRom(script, { replyTimeoutMs: 300 });
    expect(await rom.identify()).not.toHaveProperty('meId');
    await done;
    expect(await extra()).toBe('');
    expect(notes.join()).toContain('ME_ID');
  });

  it('passes over the short answer of a phone that refuses GET_TARGET_CONFIG in its own way', async () => {
    const script = MT6735_PRELOADER.replace('< 00 00 00 00\n  < 00 00', '< 1D 0D\n> FE\n< 02');
    const { rom, done, notes } = bootRom(script, { replyTimeoutMs: 300 });
    expect((await rom.identify()).targetConfig).toMatchObject({ raw: 0 });
    await done;
    expect(notes.join()).toContain('1d0d');
  });

  it('leaves out an identifier whose status is an error', async () => {
    const script = MT6580_BROM.replace(/0E 0F\n {2}< 00 00/, '0E 0F\n  < 1D 0C');
    const { rom, done } = bootRom(script);
    expect(await rom.identify()).not.toHaveProperty('meId');
    await done;
  });

  it('explains a locked boot ROM but does not give up', async () => {
    const script = MT6580_BROM.replace('< D8\n  < 00 00 00 00', '< D8\n  < 00 00 00 E7');
    const { rom, notes } = bootRom(script);
    expect((await rom.identify()).targetConfig).toMatchObject({ raw: 0xe7, memoryWriteAuthentication: true });
    expect(notes.join()).toMatch(/SBC.*SLA.*DAA.*authorisation file/);
  });

  it('does not touch the watchdog of a chip that is not in the list', async () => {
    const script = `> FD\n< FD EE EE 00 00\n> FC\n< FC 8A 00 CA 00 00 00 00 00\n> FE\n< FE\n> FF\n< 05\n> D8\n< D8 00 00 00 00 00 00
      > E1\n< E1 00 00 00 00 00 00\n> E7\n< E7 00 00 00 00 00 00`;
    const { rom, done, notes } = bootRom(script);
    expect(await rom.identify()).not.toHaveProperty('chip');
    await done;
    expect(notes.join()).toContain('0xeeee');
  });

  it('gives up when the very first command is not echoed', async () => {
    const { rom } = bootRom('> FD\n< FE');
    await expect(rom.identify()).rejects.toMatchObject({
      code: 'ECHO_MISMATCH',
      stage: 'bootrom',
      evidence: ['sent the command GET_HW_CODE as fd, the phone echoed fe'],
    });
  });

  it('gives up when the conversation cannot be brought back into step', async () => {
    const { rom } = bootRom('> FD\n< FD 65 80 00 00\n> FC\n< AA\n> FE\n< 11 22\n> FE\n< 11 22\n> FE\n< 11 22');
    await expect(rom.identify()).rejects.toMatchObject({ code: 'ECHO_MISMATCH' });
  });
});

describe('BootRom.sendAgent and jumpAgent', () => {
  const SENT = `${SEND_DA_SIX}< 00 00\n> @agent\n`;
  const send = (script: string, cut: Cut = 'as-written') => bootRom(script, { cut, data: { agent: AGENT.bytes } });

  it.each(CUTS)('follows the transcript (%s)', async (cut) => {
    const { rom, link, done } = send(
      `${SENT}< 00 77\n< 00 00\n> D5\n< D5\n> 00 20 00 00\n< 00 20 00 00\n< 00 00\n< C0`,
      cut,
    );
    const progress: number[][] = [];
    await rom.sendAgent(AGENT, (bytes, total) => progress.push([bytes, total]));
    await rom.jumpAgent(AGENT.address);
    expect(await link.readByte({ timeoutMs: 1000, what: 'the first byte of the agent' })).toBe(0xc0);
    await done;
    expect(progress).toEqual([
      [0, 6],
      [6, 6],
    ]);
    expect(link.stage).toBe('agent');
  });

  it('counts an odd last byte as the transcript does', async () => {
    const bytes = AGENT.bytes.subarray(0, 5);
    const header = SEND_DA_SIX.replaceAll('00 00 00 06', '00 00 00 05').replaceAll('00 00 00 02', '00 00 00 00');
    const { rom, done } = bootRom(`${header}< 00 00\n> @agent\n< 66 77\n< 00 00`, { data: { agent: bytes } });
    await rom.sendAgent({ ...AGENT, bytes, signatureLength: 0 });
    await done;
  });

  it('writes pieces of 64 KiB and sums over all of them', async () => {
    const bytes = Uint8Array.from({ length: 150_001 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
    const sum = xor16(bytes).toString(16).padStart(4, '0');
    const header = SEND_DA_SIX.replaceAll('00 00 00 06', '00 02 49 F1');
    const pieces: number[] = [];
    const { rom, done, link } = bootRom(`${header}< 00 00\n> @agent\n< ${sum}\n< 00 00`, { data: { agent: bytes } });
    const write = link.write.bind(link);
    link.write = (...parts) => {
      pieces.push(...parts.map((part) => part.length));
      return write(...parts);
    };
    const progress: number[] = [];
    await rom.sendAgent({ ...AGENT, bytes }, (done) => progress.push(done));
    await done;
    expect(pieces.slice(4)).toEqual([65_536, 65_536, 18_929]);
    expect(progress).toEqual([0, 65_536, 131_072, 150_001]);
  });

  it('finds damage on the way, although the phone does not', async () => {
    const { rom, done, extra } = send(`${SENT}< 00 37\n< 00 00`);
    await expect(rom.sendAgent(AGENT)).rejects.toMatchObject({
      code: 'DA_CHECKSUM_MISMATCH',
      stage: 'agent-upload',
      evidence: [expect.stringContaining('0x0077')],
    });
    await done;
    expect(await extra()).toBe('');
  });

  it('tells damage rather than the refusal it causes', async () => {
    const { rom } = send(`${SENT}< 00 37\n< 70 24`);
    await expect(rom.sendAgent(AGENT)).rejects.toMatchObject({ code: 'DA_CHECKSUM_MISMATCH' });
  });

  it.each([
    ['70 24', '0x7024 DAA_SIG_VERIFY_FAILED'],
    ['20 01', '0x2001 DA_IMAGE_SIG_VERIFY_FAIL'],
    ['1D 10', '0x1d10 EXCEED_MAX_DA_BLOCKS'],
    ['44 44', '0x4444 (a status nobody has named)'],
  ])('tells that a preloader refused the signature with %s', async (word, text) => {
    const { rom } = send(`${MT6735_PRELOADER}${SENT}< 00 77\n< ${word}\n> (hang up)`);
    await rom.identify();
    const error = await rom.sendAgent(AGENT).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'DA_REJECTED', stage: 'agent-upload' });
    expect(error.evidence[0]).toContain(text);
    expect(error.message).toContain('0e8d:0003');
    expect(error.next[0]).toContain('DA_PL.bin');
  });

  it('tells serial-link authorisation apart', async () => {
    const { rom, done, extra } = send(`${SEND_DA_SIX}< 1D 0D`);
    await expect(rom.sendAgent(AGENT)).rejects.toMatchObject({
      code: 'SLA_REQUIRED',
      evidence: [expect.stringContaining('0x1d0d SLA_REQUIRED before'), expect.anything()],
    });
    await done;
    expect(await extra()).toBe('');
  });

  it('asks for the authorisation file when a locked boot ROM takes no agent', async () => {
    const locked = MT6580_BROM.replace('< D8\n  < 00 00 00 00', '< D8\n  < 00 00 00 E7');
    const { rom } = send(`${locked}${SEND_DA_SIX}< 1D 17`);
    await rom.identify();
    const error = await rom.sendAgent(AGENT).catch((failure) => failure);
    expect(error.code).toBe('AUTH_REQUIRED');
    expect(error.evidence.join()).toMatch(/DA_BLOCKS_INCONSISTENT_WITH_TOOL_AUTH.*0x000000e7/);
    expect(error.next[0]).toContain('preloader mode');
  });

  it('does not call a wrong address a wrong signature', async () => {
    const { rom } = send(`${SEND_DA_SIX}< 1D 0E`);
    const error = await rom.sendAgent(AGENT).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'BROM_REFUSED', stage: 'agent-upload' });
    expect(error.evidence[0]).toContain('0x1d0e DA_OVERLAP');
  });

  it('says what it means when the phone goes away instead of accepting the agent', async () => {
    const { rom } = send(`${SENT}< 00 77\n> (hang up)`);
    const error = await rom.sendAgent(AGENT).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'PHONE_GONE', stage: 'agent-upload' });
    expect(error.evidence.join()).toContain('refuses the signature resets itself');
  });

  it('refuses to go on when the echo of an argument differs', async () => {
    const { rom } = bootRom('> D7\n< D7\n> 00 20 00 00\n< 00 20 00 01');
    await expect(rom.sendAgent(AGENT)).rejects.toMatchObject({
      code: 'ECHO_MISMATCH',
      evidence: ["sent the agent's address as 00200000, the phone echoed 00200001"],
    });
  });

  it('names a refusal to start the agent', async () => {
    const { rom } = bootRom('> D5\n< D5\n> 00 20 00 00\n< 00 20 00 00\n< 1D 0F');
    await expect(rom.jumpAgent(0x200000)).rejects.toMatchObject({ code: 'BROM_REFUSED' });
    const second = bootRom('> D5\n< D5\n> 00 20 00 00\n< 00 20 00 00\n< 20 01');
    await expect(second.rom.jumpAgent(0x200000)).rejects.toMatchObject({ code: 'DA_REJECTED' });
  });
});

describe('BootRom.sendAuthorisation', () => {
  const file = Uint8Array.of(0x4d, 0x4d, 0x4d, 0x01, 0x38, 0, 0, 0);
  const HEAD = '> E2\n< E2\n> 00 00 00 08\n< 00 00 00 08\n';

  it('follows the transcript', async () => {
    const { rom, done } = bootRom(`${HEAD}< 00 00\n> @file\n< 4C 38\n< 00 00`, { data: { file } });
    await rom.sendAuthorisation(file);
    await done;
  });

  it('takes "not needed" for an answer', async () => {
    const { rom, done, extra } = bootRom(`${HEAD}< 1D 0C`);
    await rom.sendAuthorisation(file);
    await done;
    expect(await extra()).toBe('');
  });

  it('names a refusal', async () => {
    const { rom } = bootRom(`${HEAD}< 00 00\n> @file\n< 4C 38\n< 20 00`, { data: { file } });
    await expect(rom.sendAuthorisation(file)).rejects.toMatchObject({
      code: 'BROM_REFUSED',
      evidence: ['it answered 0x2000 AUTH_IMAGE_VERIFY_FAIL'],
    });
  });
});
