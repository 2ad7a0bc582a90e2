import { describe, expect, it } from 'vitest';
import { collect, content, FakeAgent, pieces } from './testing/fake-agent.js';
import { failureOf } from './testing/samples.js';

const MIB = 1 << 20;
/** Made once; the packets of the tests are cut from it. */
const DATA = content(8 * MIB);
const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const user = (start: number, length: number) => ({ region: 'user' as const, start, length });

describe('LegacyAgent.write', () => {
  it('stores what it is given, in packets, and leaves the rest of the last block alone', async () => {
    const fake = new FakeAgent(4 * MIB);
    fake.user.fill(0xee);
    const data = DATA.slice(0, 2 * MIB + 700);
    const seen: number[] = [];
    const result = await fake.agent.write(user(512, data.length), pieces(data), { onBytes: (n) => seen.push(n) });
    expect(result).toEqual({ bytes: data.length, agentProof: 'link' });
    expect(sameBytes(fake.user.subarray(512, 512 + data.length), data)).toBe(true);
    expect(fake.user[511]).toBe(0xee);
    expect(fake.user[512 + data.length]).toBe(0xee);
    expect(seen).toEqual([MIB, 2 * MIB, data.length]);
    expect(fake.log).toEqual(['E0', '60 user', `WRITE 512+${data.length}`]);
    await fake.agent.write({ region: 'boot1', start: 0, length: 3 }, pieces(Uint8Array.of(1, 2, 3)));
    expect(fake.log.slice(3)).toEqual(['60 boot1', 'WRITE 0+3']);
  });

  it('sends a damaged packet again, three times at most', async () => {
    const data = DATA.slice(0, 3 * MIB);
    const fine = new FakeAgent(4 * MIB, { badSums: new Map([[1, 3]]) });
    await fine.agent.write(user(0, data.length), pieces(data));
    expect(sameBytes(fine.user.subarray(0, data.length), data)).toBe(true);

    const hopeless = new FakeAgent(4 * MIB, { badSums: new Map([[1, 4]]) });
    const failure = await failureOf(hopeless.agent.write(user(0, data.length), pieces(data)));
    expect(failure).toMatchObject({ code: 'DATA_DAMAGED_ON_THE_WAY', stage: 'write' });
    expect(failure.evidence.join('\n')).toContain('3065 (0xBF9)');
    expect(failure.evidence.join('\n')).toContain('sent 4 times');
    expect(hopeless.log.at(-1)).toBe('STOP');
    // Usable again.
    expect((await collect(hopeless.agent.read(user(0, 16)))).length).toBe(16);
  });

  it('names a write the flash refuses, and stops the command', async () => {
    const fake = new FakeAgent(4 * MIB, { writeFails: new Set([1]) });
    const data = DATA.slice(0, 3 * MIB);
    const failure = await failureOf(fake.agent.write(user(0, data.length), pieces(data)));
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED', stage: 'write' });
    expect(failure.evidence[0]).toMatch(
      /^while writing user at 0x0, 3145728 bytes the agent answered 3154 \(0xC52\) S_DA_SDMMC_WRITE_FAILED$/,
    );
    expect(failure.evidence).toContain(`${MIB} bytes had been written before`);
    expect(fake.log.at(-1)).toBe('STOP');
    await fake.agent.erase(user(0, 512));
    expect(fake.user[0]).toBe(0xff);
  });

  it('claims nothing when the very last packet fails', async () => {
    const fake = new FakeAgent(4 * MIB, { writeFails: new Set([2]) });
    const data = DATA.slice(0, 2 * MIB + 100);
    const seen: number[] = [];
    const write = fake.agent.write(user(0, data.length), pieces(data), { onBytes: (n) => seen.push(n) });
    const failure = await failureOf(write);
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED', stage: 'write' });
    expect(failure.evidence).toContain(`${2 * MIB} bytes had been written before`);
    expect(seen).toEqual([MIB, 2 * MIB]);
    expect(fake.log.at(-1)).toBe('STOP');
  });

  it('says where the phone fell silent', async () => {
    const fake = new FakeAgent(4 * MIB, { silentAfter: 0 });
    const failure = await failureOf(fake.agent.write(user(0, MIB), pieces(DATA.slice(0, MIB))));
    expect(failure).toMatchObject({ code: 'PHONE_SILENT', stage: 'write' });
    expect(failure.evidence.join('\n')).toContain('writing user at 0x0, 1048576 bytes');
  });

  it('stops softly between packets and stays usable', async () => {
    const fake = new FakeAgent(8 * MIB);
    const stop = new AbortController();
    const data = DATA.slice(0, 6 * MIB);
    const onBytes = (n: number) => n === 2 * MIB && stop.abort(new Error('enough'));
    const write = fake.agent.write(user(0, data.length), pieces(data), { stop: stop.signal, onBytes });
    await expect(write).rejects.toThrow('enough');
    expect(fake.log.at(-1)).toBe('STOP');
    expect(sameBytes(fake.user.subarray(0, 2 * MIB), data.subarray(0, 2 * MIB))).toBe(true);
    expect(fake.user[2 * MIB + 1]).toBe(0);
    expect((await collect(fake.agent.read(user(5, 11)))).length).toBe(11);
  });

  it('sends nothing when it was stopped before the start', async () => {
    const fake = new FakeAgent(MIB);
    const stop = AbortSignal.abort(new Error('never mind'));
    await expect(fake.agent.write(user(0, 4), pieces(DATA.slice(0, 4)), { stop })).rejects.toThrow('never mind');
    await expect(collect(fake.agent.read(user(0, 4), { stop }))).rejects.toThrow('never mind');
    await expect(fake.agent.erase(user(0, 512), { stop })).rejects.toThrow('never mind');
    expect(fake.log.filter((line) => line !== 'E0')).toEqual([]);
  });

  it('stops the command when the data fail, end early or go on too long', async () => {
    const fake = new FakeAgent(8 * MIB);
    async function* failing() {
      yield DATA.slice(0, 2 * MIB);
      throw new Error('disk read failed');
    }
    await expect(fake.agent.write(user(0, 4 * MIB), failing())).rejects.toThrow('disk read failed');
    expect(fake.log.at(-1)).toBe('STOP');
    expect(await failureOf(fake.agent.write(user(0, 4 * MIB), pieces(DATA.slice(0, 3 * MIB))))).toMatchObject({
      code: 'DATA_LENGTH',
      evidence: ['4194304 bytes were announced', 'it ended after 3145728 bytes'],
    });
    expect(fake.log.at(-1)).toBe('STOP');
    // Found before the last packet is sent.
    expect(await failureOf(fake.agent.write(user(4 * MIB, 2 * MIB), pieces(DATA.slice(0, 2 * MIB + 1))))).toMatchObject(
      {
        code: 'DATA_LENGTH',
      },
    );
    expect(fake.log.at(-1)).toBe('STOP');
    expect(fake.user.subarray(5 * MIB).some((byte) => byte !== 0)).toBe(false);
  });

  it('lets go of the data source when it ends early', async () => {
    const fake = new FakeAgent(4 * MIB, { writeFails: new Set([0]) });
    let released = false;
    async function* source() {
      try {
        for (;;) yield DATA.slice(0, MIB);
      } finally {
        released = true;
      }
    }
    await failureOf(fake.agent.write(user(0, 3 * MIB), source()));
    expect(released).toBe(true);
  });

  it('stores bytes that begin like a sparse image without the agent unpacking them', async () => {
    const fake = new FakeAgent(4 * MIB);
    fake.user.fill(0xee);
    const data = DATA.slice(0, MIB + 100);
    data.set([0x3a, 0xff, 0x26, 0xed]);
    await fake.agent.write(user(1024, data.length), pieces(data));
    expect(fake.log).toEqual([
      'E0',
      '60 user',
      `WRITE 1024+${data.length}`,
      '60 user',
      'WRITE 1024+1',
      '60 user',
      'READ 1024+512',
    ]);
    expect(sameBytes(fake.user.subarray(1024, 1024 + data.length), data)).toBe(true);
    expect(fake.user[1024 + data.length]).toBe(0xee);
  });
});

describe('LegacyAgent.read', () => {
  it('gives any extent, byte for byte', async () => {
    const fake = new FakeAgent(4 * MIB);
    fake.user.set(DATA.slice(0, 4 * MIB));
    for (const [start, length] of [
      [0, 4 * MIB],
      [511, 2],
      [1000, 2 * MIB + 13],
      [0, 0],
    ] as const) {
      const read = await collect(fake.agent.read(user(start, length)));
      expect(sameBytes(read, fake.user.subarray(start, start + length))).toBe(true);
    }
    expect(fake.log).toContain(`READ 512+${2 * MIB + 13 + 488}`);
  });

  it('splits a long read into commands of 32 MiB', async () => {
    const fake = new FakeAgent(33 * MIB);
    fake.user.set([1, 2, 3], 31 * MIB);
    fake.user.set([4, 5, 6], 32 * MIB);
    const packets: Uint8Array[] = [];
    for await (const piece of fake.agent.read(user(0, 33 * MIB))) packets.push(piece);
    expect(packets.map((packet) => packet.length)).toEqual(new Array(33).fill(MIB));
    expect(packets.slice(30).map((packet) => [...packet.subarray(0, 3)])).toEqual([
      [0, 0, 0],
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(fake.log).toEqual(['60 user', `READ 0+${32 * MIB}`, '60 user', `READ ${32 * MIB}+${MIB}`]);
  });

  it('understands a refusal in place of a packet, after which the agent takes commands again', async () => {
    const fake = new FakeAgent(4 * MIB, { readFails: new Set([2]) });
    const failure = await failureOf(collect(fake.agent.read(user(0, 4 * MIB))));
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED', stage: 'agent' });
    expect(failure.evidence[0]).toContain('S_DA_SDMMC_READ_FAILED');
    expect((await collect(fake.agent.read(user(0, 16)))).length).toBe(16);
  });

  it('asks for a damaged packet again, three times at most', async () => {
    const fine = new FakeAgent(4 * MIB, { badSums: new Map([[1, 3]]) });
    fine.user.set(DATA.slice(0, 4 * MIB));
    expect(sameBytes(await collect(fine.agent.read(user(0, 4 * MIB))), fine.user)).toBe(true);

    const hopeless = new FakeAgent(4 * MIB, { badSums: new Map([[1, 4]]) });
    const failure = await failureOf(collect(hopeless.agent.read(user(0, 4 * MIB))));
    expect(failure.code).toBe('READ_DAMAGED');
    // The rest of the command was taken, so the next one is understood.
    expect((await collect(hopeless.agent.read(user(0, 16)))).length).toBe(16);
    expect(hopeless.log.filter((line) => line.startsWith('unknown'))).toEqual([]);
  });

  it('stays usable after a consumer that has seen enough, and after a stop', async () => {
    const fake = new FakeAgent(8 * MIB);
    fake.user.set(DATA.slice(0, 8 * MIB));
    for await (const piece of fake.agent.read(user(0, 8 * MIB))) {
      expect(piece.length).toBe(MIB);
      break;
    }
    const stop = new AbortController();
    const seen: number[] = [];
    const stopped = async () => {
      for await (const piece of fake.agent.read(user(0, 8 * MIB), { stop: stop.signal })) {
        seen.push(piece.length);
        if (seen.length === 2) stop.abort(new Error('enough'));
      }
    };
    await expect(stopped()).rejects.toThrow('enough');
    expect(seen.length).toBeLessThan(4);
    expect(sameBytes(await collect(fake.agent.read(user(MIB, 100))), fake.user.subarray(MIB, MIB + 100))).toBe(true);
    expect(fake.log.filter((line) => line.startsWith('unknown'))).toEqual([]);
  });
});

describe('LegacyAgent.erase', () => {
  it('splits at multiples of 256 MiB and counts towards the length', async () => {
    const fake = new FakeAgent(300 * MIB);
    const seen: number[] = [];
    await fake.agent.erase(user(255 * MIB, 3 * MIB), { onBytes: (n) => seen.push(n) });
    expect(fake.log).toEqual([
      'E0',
      '60 user',
      `FORMAT ${255 * MIB}+${MIB}`,
      '60 user',
      `FORMAT ${256 * MIB}+${2 * MIB}`,
    ]);
    expect([255 * MIB - 1, 255 * MIB, 258 * MIB - 1, 258 * MIB].map((at) => fake.user[at])).toEqual([0, 255, 255, 0]);
    expect(seen).toEqual([MIB, MIB, 3 * MIB, 3 * MIB]);
  });
});

describe('LegacyAgent', () => {
  it('sends nothing for an extent outside its region', async () => {
    const fake = new FakeAgent(MIB);
    const bad = [
      user(MIB - 512, 513),
      user(-512, 512),
      user(0.5, 1),
      { region: 'gp1' as const, start: 0, length: 1 },
      { region: 'lu2' as const, start: 0, length: 1 },
    ];
    for (const extent of bad) {
      expect(await failureOf(collect(fake.agent.read(extent)))).toMatchObject({ code: 'EXTENT_INVALID' });
      expect(await failureOf(fake.agent.erase(extent))).toMatchObject({ code: 'EXTENT_INVALID' });
      expect(await failureOf(fake.agent.write(extent, pieces(DATA.slice(0, 1))))).toMatchObject({
        code: 'EXTENT_INVALID',
      });
    }
    const odd = await failureOf(fake.agent.write(user(100, 4), pieces(DATA.slice(0, 4))));
    expect(odd.evidence).toContain('the start is not a multiple of 512 bytes');
    expect(fake.log).toEqual([]);
  });

  it('does one thing at a time', async () => {
    const fake = new FakeAgent(4 * MIB);
    for await (const _ of fake.agent.read(user(0, 4 * MIB))) {
      expect(await failureOf(fake.agent.erase(user(0, 512)))).toMatchObject({ code: 'AGENT_BUSY' });
      break;
    }
    await fake.agent.erase(user(0, 512));
  });
});
