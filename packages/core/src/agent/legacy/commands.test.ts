import { describe, expect, it } from 'vitest';
import { hexBytes, sum16 } from '../../wire/index.js';
import { agentOn, collect, pieces } from './testing/fake-agent.js';
import { bytesFromHex, failureOf } from './testing/samples.js';
import { ScriptedDevice, transcript } from './testing/scripted-device.js';

const SIZES = new Map([
  ['boot1', { length: 0x400000 }],
  ['user', { length: 0x1d2000000 }],
]) as unknown as Map<'user', Uint8Array>;

function scripted(script: string, leaves = false) {
  const device = new ScriptedDevice(transcript(script), { leaves });
  const notes: string[] = [];
  return { device, notes, agent: agentOn(device, SIZES, notes) };
}

/** Selecting the user region, and the security question that comes before the first change. */
const USER = '→ 60\n← 5A\n→ 08\n← 5A\n';
const MAY_WRITE = '→ E0 00 00 00 00\n← 5A\n';
const user = (start: number, length: number) => ({ region: 'user' as const, start, length });

describe('commands as a genuine host sends them to a genuine agent', () => {
  it('READ', async () => {
    const data = new Uint8Array(0x400);
    const { device, agent } = scripted(`${USER}
→ D6 0B 02 00 00 00 00 06 E4 00 00 00 00 00 00 00 00 04 00
← 5A
→ 00 10 00 00
← ${hexBytes(data)} 00 00
→ 5A`);
    expect(await collect(agent.read(user(0x6e40000, 0x400)))).toEqual(data);
    device.expectFinished();
  });

  it('FORMAT on a fast-erasing eMMC, with the second byte at its end', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ D4 02 00 00 00 00 00 00 00 06 E4 00 00 00 00 00 00 00 80 00 00
← 5A 5A 00 00 00 00 64
→ 5A
← 5A 5A`);
    await agent.erase(user(0x6e40000, 0x800000));
    device.expectFinished();
  });

  it('FORMAT in steps', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ D4 02 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 02 80 00
← 5A
← 5A
← 00 00 0B D1 28
→ 5A
← 00 00 0B D1 50
→ 5A
← 00 00 00 00 64
→ 5A
← 5A 5A`);
    const seen: number[] = [];
    await agent.erase(user(0x1000000, 0x28000), { onBytes: (n) => seen.push(n) });
    device.expectFinished();
    expect(seen).toEqual([0x10000, 0x20000, 0x28000, 0x28000]);
  });

  it.each([
    ['the voltage', '← 00 00 00 5A 00 00 0D 52', 3410],
    ['that there is no battery', '← 00 00 00 A5', undefined],
    ['that there is none, in a byte', '← A5', undefined],
    ['nothing, as builds do that do not know the command', '', undefined],
    ['half of an answer', '← 00 00 00 5A 00', undefined],
    ['what no battery has', '← 00 00 00 5A 00 00 00 00', undefined],
  ])('GET_BATTERY_VOLTAGE: the agent tells %s, and goes on', async (_, answer, expected) => {
    const { device, agent } = scripted(`→ D0\n${answer}\n→ DB 00 C0 00 00 00 00\n← 5A`);
    expect(await agent.batteryMillivolts()).toBe(expected);
    await agent.reboot('normal');
    device.expectFinished();
  });

  it('no partition list on a blank eMMC: the storage itself is looked at', async () => {
    const { device, agent, notes } = scripted(`→ A5\n← A5 00 00 04 0D\n${USER}\n→ D6 …(18)\n← A5 00 00 0C 51`);
    expect(await failureOf(agent.readPartitionTable())).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(notes.join()).toContain('1037 (0x40D) S_PART_NO_VALID_TABLE; the partition table is read from the storage');
    device.expectFinished();
  });

  it('the automatic restart and the power-off', async () => {
    const restart = scripted('→ DB 00 C0 00 00 00 00\n← 5A');
    await restart.agent.reboot('normal');
    restart.device.expectFinished();
    const off = scripted('→ D9\n← 5A\n→ 00 00 00 00\n← 5A');
    await off.agent.reboot('power-off');
    off.device.expectFinished();
    // The phone may be gone before its last answer.
    for (const [script, target] of [
      ['→ DB 00 C0 00 00 00 00', 'normal'],
      ['→ D9\n← 5A\n→ 00 00 00 00', 'power-off'],
    ] as const) {
      const leaving = scripted(script, true);
      await leaving.agent.reboot(target);
      leaving.device.expectFinished();
    }
  });
});

describe('write and erase as the protocol page has them', () => {
  const image = bytesFromHex('00010203');

  it('WRITE_DATA with a damaged packet that is sent again', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ 62 01 08 00 00 00 00 00 D8 00 00 00 00 00 00 00 00 00 04 00 10 00 00
← 5A
→ 5A 00 01 02 03 00 06
← A5 00 00 0B F9
→ 5A 00 01 02 03 00 06
← 69`);
    await agent.write(user(0xd80000, 4), pieces(image));
    device.expectFinished();
  });

  it('a start the agent does not like', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ 62 …(22)
← A5 00 00 0B DC`);
    const failure = await failureOf(agent.write(user(0xd80000, 4), pieces(image)));
    expect(failure).toMatchObject({ code: 'AGENT_REFUSED', stage: 'write' });
    expect(failure.evidence[0]).toContain('3036 (0xBDC) S_DA_INVALID_BEGIN_ADDR');
    device.expectFinished();
  });

  it('a phone that takes only what its maker signed', async () => {
    const erase = scripted(`${MAY_WRITE}${USER}
→ D4 …(20)
← A5 00 00 17 7C`);
    const failure = await failureOf(erase.agent.erase(user(0, 512)));
    expect(failure.evidence[0]).toContain('6012 (0x177C) S_SECURITY_SF_CODE_FORMAT_FORBIDDEN');
    expect(failure.next.join()).toContain('signed');
    erase.device.expectFinished();

    const write = scripted(`${MAY_WRITE}${USER}
→ 62 …(22)
← A5 00 00 17 7A`);
    const refusal = await failureOf(write.agent.write(user(0xd80000, 4), pieces(image)));
    expect(refusal.evidence[0]).toContain('6010 (0x177A) S_SECURITY_SF_CODE_DOWNLOAD_FORBIDDEN');
    expect(refusal.next.join()).toContain('signed');
    write.device.expectFinished();
  });

  it('places that could not be erased, skipped or final', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ D4 …(20)
← 5A 5A
← 00 00 0C 52 00 00 00 00 01 01 00 00 69
← 00 00 00 00 64
→ 5A
← 5A 5A
${USER}
→ D4 …(20)
← 5A 5A
← 00 00 0C 52 00 00 00 00 10 01 00 00 96`);
    const failure = await failureOf(agent.erase(user(0x8000000, 0x10000000)));
    expect(failure).toMatchObject({ code: 'FORMAT_PARTIAL', stage: 'erase' });
    expect(failure.evidence).toEqual([
      'at 0x1010000: 3154 (0xC52) S_DA_SDMMC_WRITE_FAILED',
      'at 0x10010000: 3154 (0xC52) S_DA_SDMMC_WRITE_FAILED',
    ]);
    device.expectFinished();
  });

  it('statistics and a post-process that takes its time', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ D4 …(20)
← 5A 5A
← 00 00 00 00 64
→ 5A
← 69 …(28) A5
← 00
→ DB 00 C0 00 00 00 00
← 5A`);
    await agent.erase(user(0, 512));
    await agent.reboot('normal');
    device.expectFinished();
  });

  it('an agent that ends an erase with one byte only', async () => {
    const { device, agent } = scripted(`${MAY_WRITE}${USER}
→ D4 …(20)
← 5A 5A
← 00 00 00 00 64
→ 5A
← 5A`);
    await agent.erase(user(0, 512));
    device.expectFinished();
  });

  it('an answer that is none', async () => {
    const { agent } = scripted('→ 60\n← 42');
    const failure = await failureOf(collect(agent.read(user(0, 1))));
    expect(failure).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    expect(failure.message).toContain('reading user at 0x0, 1 bytes');
  });
});

describe('writePreloader', () => {
  const file = preloaderFile(0x1234);
  const packets = Array.from({ length: 2 }, (_, i) => file.subarray(i * 0x1000, (i + 1) * 0x1000));
  const sums = packets.map((packet) => sum16(packet).toString(16).padStart(4, '0'));
  const record = [
    '05 00 01', // eMMC boot area, ARM_BL
    '00 00 08 00 00 00 1C 00', // from the place after the layout block to the rounded end
    '00 00 00 01 00 04 00 00', // attribute of BL_INFO, max_size of FILE_INFO
    '01 00 00 00 10 00 00 00 80', // anti-clone
    '00 00 12 34 00 00',
  ].join(' ');
  const head = `${MAY_WRITE}
→ 51
← 5A
→ 00 00 00 20
→ 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
`;
  const offer = `${head}← 00 00 00 00
→ 00 00 10 00 05
← 5A
← 69
→ 00 00 00 01 5A ${record}
← 5A
← 5A
→ 5A ${hexBytes(packets[0] as Uint8Array)} ${sums[0]}
`;

  it('hands over the file with what its headers say', async () => {
    const { device, agent } = scripted(`${offer}← 69
→ 5A ${hexBytes(packets[1] as Uint8Array)} ${sums[1]}
← 69
← 5A`);
    const seen: number[] = [];
    const result = await agent.writePreloader(file, { onBytes: (n) => seen.push(n) });
    expect(result).toEqual({ bytes: file.length, agentProof: 'link', regions: ['boot1', 'boot2'] });
    expect(seen).toEqual([0x1000, 0x1234]);
    device.expectFinished();
  });

  it('names the key check and the packet that fail', async () => {
    const key = scripted(`${head}← 00 00 0C 6E`);
    expect((await failureOf(key.agent.writePreloader(file))).evidence[0]).toContain('S_PL_VALIDATION_FAIL');
    const packet = scripted(`${offer}← A5 00 00 0C 52`);
    expect(await failureOf(packet.agent.writePreloader(file))).toMatchObject({
      code: 'STORAGE_FAILED',
      stage: 'write',
    });
    packet.device.expectFinished();
  });

  it('sends nothing of a file that is no preloader', async () => {
    const { agent, device } = scripted('');
    for (const bad of [
      new Uint8Array(100),
      file.subarray(0, 0x1000),
      Uint8Array.from('EMMC_BOOT', (c) => c.charCodeAt(0)),
    ]) {
      expect(await failureOf(agent.writePreloader(bad))).toMatchObject({ code: 'PRELOADER_INVALID' });
    }
    device.expectFinished();
  });
});

/** A file with the headers of a real preloader. */
function preloaderFile(length: number): Uint8Array {
  const file = Uint8Array.from({ length }, (_, i) => (i * 13) & 0xff);
  const headers = [
    '4d4d4d01 3800 0000 46494c455f494e464f000000 01000000 0100 05 00 00 0d 20 00',
    '34 12 00 00 00 00 04 00 00 03 00 00 24 01 00 00 00 03 00 00 01 00 60 c2',
    '4d4d4d01 0c00 0100 01000000',
    '4d4d4d01 1400 0200 0100 0000 10000000 80000000',
  ].join('');
  file.set(bytesFromHex(headers));
  return file;
}
