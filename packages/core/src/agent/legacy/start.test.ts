import { describe, expect, it } from 'vitest';
import { hexBytes } from '../../wire/index.js';
import {
  DESCRIPTION_2015,
  DESCRIPTION_2019,
  emiTable,
  failureOf,
  identity,
  image,
  pattern,
  SLC_MARKER,
} from './testing/samples.js';
import { BROM, KNOWN_ID, start } from './testing/scripted-start.js';
import {
  CONFIG_BROM_SLC,
  CONFIG_PRELOADER_SLC,
  DRAM_READY,
  DRAM_WANTED,
  FLASH_REPORT,
  PROBE,
  STAGE2_UPLOAD,
} from './testing/transcripts.js';

describe('startLegacyAgent', () => {
  it('takes a preloader-mode MT6580 to the command loop, byte by byte as the genuine agent wants it', async () => {
    const { device, agent, progress, notes } = start(
      PROBE + CONFIG_PRELOADER_SLC + DRAM_READY + STAGE2_UPLOAD + FLASH_REPORT,
      { identity: identity(0x6580) },
    );
    const running = await agent;
    device.expectFinished();
    expect(running.generation).toBe('legacy');
    expect(running.version).toBe(DESCRIPTION_2019);
    expect(running.storage).toMatchObject({ kind: 'emmc', blockSize: 512, ramSize: 2 ** 30 });
    expect([...running.storage.regions]).toEqual([
      ['boot1', 0x400000],
      ['boot2', 0x400000],
      ['rpmb', 0x400000],
      ['user', 0x1d2000000],
    ]);
    // Natural order, though the genuine flash report has each word turned around.
    expect(hexBytes(running.storage.id)).toBe('150100444a35424d420755018a34f2c1');
    expect(notes.join()).not.toContain('another eMMC id');
    expect(progress[0]).toBe('agent-upload 0/235816');
    expect(progress.at(-1)).toBe('agent-upload 235816/235816');
  });

  it('sets up memory from BROM with the whole list, as the genuine host does', async () => {
    const emi = emiTable(21, 0xbc, ['15010046453632', KNOWN_ID, '']);
    const { device, agent } = start(
      `${PROBE}${CONFIG_BROM_SLC}${DRAM_WANTED}
→ E8
→ 00 00 00 15
← 5A
← 00 00 00 BC
→ 5A
→ 00 00 02 34
→ ${hexBytes(emi.list)}
← 13 91
→ 5A
→ 80 00 00 01
← 00 00 00 00 02 00 00 00 00 00 40 00 00 00
${STAGE2_UPLOAD}${FLASH_REPORT}`,
      { identity: identity(0x6580, BROM), emi },
    );
    await agent;
    device.expectFinished();
  });

  it('gives the sample settings of the protocol page the sum the page gives them', async () => {
    const emi = emiTable(21, 0xbc, [KNOWN_ID]);
    const { device, agent, notes, progress } = start(
      `${PROBE}${CONFIG_BROM_SLC}${DRAM_WANTED}
→ E8 00 00 00 15
← 5A 00 00 00 BC
→ 5A 00 00 00 BC
→ ${hexBytes(pattern(0xbc))}
← 5B DA
→ 5A 80 00 00 01
← 00 00 00 00 02 00 00 00 00 00 40 00 00 00
${STAGE2_UPLOAD}${FLASH_REPORT}`,
      { identity: identity(0x6580, BROM), emi },
    );
    await agent;
    device.expectFinished();
    expect(notes).toContain('memory set up: 1024 MiB');
    expect(progress.slice(0, 2)).toEqual(['dram 0/188', 'dram 188/188']);
  });

  it('discards noise before the sync byte', async () => {
    const { device, agent } = start(
      `← 00 52 45 41 44 59\n${PROBE}${CONFIG_PRELOADER_SLC}${DRAM_READY}${STAGE2_UPLOAD}${FLASH_REPORT}`,
      { identity: identity(0x6580) },
    );
    await agent;
    device.expectFinished();
  });

  it('says what was heard instead of the sync byte', async () => {
    const failure = await failureOf(start('← 52 45 41 44 59', { identity: identity(0x6580) }).agent);
    expect(failure).toMatchObject({ code: 'AGENT_SILENT', stage: 'agent' });
    expect(failure.evidence.join()).toContain('5245414459');
  });

  it('refuses an agent that does not know the chip', async () => {
    const script = PROBE.replace('9C', 'FF');
    expect(await failureOf(start(script, { identity: identity(0x6580) }).agent)).toMatchObject({
      code: 'CHIP_REFUSED',
    });
  });

  it('shows the text of an agent that crashes while it is configured, as a genuine one did', async () => {
    const crash = '← 00 00 00 5A 41 53 53 45 52 54 21 21 20 20 2E 2F 70 6C 61 74 66 6F 72 6D';
    const failure = await failureOf(start(PROBE + CONFIG_PRELOADER_SLC + crash, { identity: identity(0x6580) }).agent);
    expect(failure).toMatchObject({ code: 'AGENT_OUT_OF_STEP' });
    expect(failure.evidence.join()).toContain('ASSERT!!  ./platform');
  });

  it('tells a link that breaks from a phone that is silent, and when', async () => {
    const silent = await failureOf(start(PROBE, { identity: identity(0x6580) }).agent);
    // The configuration was sent although the transcript had no place for it.
    expect(silent.code).toBe('PHONE_GONE');
    const script = PROBE + CONFIG_PRELOADER_SLC;
    const failure = await failureOf(start(script, { identity: identity(0x6580) }).agent);
    expect(failure).toMatchObject({ code: 'PHONE_SILENT', stage: 'agent' });
    expect(failure.evidence.join()).toContain('configuring the agent');
  });
});

describe('configuration words on the wire', () => {
  const stage2 = pattern(0x1000);
  const upload = (address: string) => `→ ${address} 00 00 10 00 00 00 10 00\n← 5A\n→ …(4096)\n← 5A\n← 5A\n← 5A\n→ 5A\n`;

  it('sends MT6582 the combo word and reads its 228-byte report', async () => {
    const { device, agent } = start(
      `${PROBE}
→ FF 01 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00
→ 00 00 00 01
${DRAM_READY}
${upload('80 00 00 00')}
${FLASH_REPORT.replace(/← 00 00 0B C8 .*\n/, '← 00 00 0B C8 00 FF FF 00 00 00 00 00 05 00 00 00 00 00 00 00 00 00 00\n')}`,
      { identity: identity(0x6582), image: image(DESCRIPTION_2019, '', stage2) },
    );
    expect((await agent).storage.regions.get('user')).toBe(0x1d2000000);
    device.expectFinished();
  });

  it('waits for the state word when the build is unknown, and sends nothing when it comes', async () => {
    const { device, agent, notes } = start(
      `${PROBE}
→ FF 01 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00
${DRAM_READY}
${upload('80 00 00 00')}${FLASH_REPORT}`,
      { identity: identity(0x6580), image: image('MTK_AllInOne_DA_v3.3001.2017-05-02', '', stage2) },
    );
    await agent;
    device.expectFinished();
    expect(notes.join()).toContain('waiting whether the agent wants slcBlock');
  });

  it('sends the words when the state word does not come', async () => {
    const { device, agent } = start(
      `${PROBE}${CONFIG_PRELOADER_SLC}${DRAM_READY}${upload('80 00 00 00')}${FLASH_REPORT}`,
      {
        identity: identity(0x6580),
        image: image('MTK_AllInOne_DA_v3.3001.2017-05-02', '', stage2),
      },
    );
    await agent;
    device.expectFinished();
  });

  it('sends a 2015 agent of the same chip nothing more', async () => {
    const { device, agent } = start(
      `${PROBE}
→ FF 01 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00
${DRAM_READY}
${upload('80 00 00 00')}${FLASH_REPORT}`,
      { identity: identity(0x6580), image: image(DESCRIPTION_2015, '', stage2) },
    );
    await agent;
    device.expectFinished();
  });

  it('reads the five memory words of MT6592 and the bad-block word of MT8163', async () => {
    const mt6592 = start(
      `${PROBE}
→ FF 01 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00
→ 00 00 00 00
${DRAM_READY}
← 00 00 00 03 1C 00 40 04 AA 08 00 33 00 00 00 13 00 00 00 10
${upload('80 00 00 00')}
${FLASH_REPORT.replace(/← 00 00 0B C8 .*\n/, '← 00 00 0B C8 00 FF FF 00 00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n')}`,
      { identity: identity(0x6592), image: image(DESCRIPTION_2019, '[GPT_DA]', stage2) },
    );
    await mt6592.agent;
    mt6592.device.expectFinished();
    expect(mt6592.notes).toContain('memory words: 00000003 1c004004 aa080033 00000013 00000010');

    const mt8163 = start(
      `${PROBE}${CONFIG_PRELOADER_SLC}${DRAM_READY}${upload('80 00 00 00')}
${FLASH_REPORT.replace('← 5A 00 00 0C 0B', '← 00 00 00 50\n← 5A 00 00 0C 0B')}`,
      { identity: identity(0x8163), image: image(DESCRIPTION_2019, SLC_MARKER, stage2) },
    );
    await mt8163.agent;
    mt8163.device.expectFinished();
  });

  it('counts one more ACK after a second stage that fills its packets, and sends nothing early', async () => {
    // The transcript of `upload` has the empty tail's ACK; the device complains when the host does not wait for one.
    const two = pattern(0x2000);
    const { device, agent, progress } = start(
      `${PROBE}${CONFIG_PRELOADER_SLC}${DRAM_READY}
→ 80 00 00 00 00 00 20 00 00 00 10 00
← 5A
→ ${hexBytes(two.subarray(0, 0x1000))}
← 5A
→ ${hexBytes(two.subarray(0x1000))}
← 5A
← 5A
← 78
→ 5A
${FLASH_REPORT}`,
      { identity: identity(0x6580), image: image(DESCRIPTION_2019, SLC_MARKER, two) },
    );
    await agent;
    device.expectFinished();
    expect(progress).toEqual([0, 4096, 8192, 8192].map((bytes) => `agent-upload ${bytes}/8192`));
  });

  it('names a second stage that is not started', async () => {
    const script = `${PROBE}${CONFIG_PRELOADER_SLC}${DRAM_READY}
→ 80 00 00 00 00 00 10 00 00 00 10 00
← 5A
→ …(4096)
← 5A
← 5A`;
    const options = { identity: identity(0x6580), image: image(DESCRIPTION_2019, SLC_MARKER, stage2) };
    const failure = await failureOf(start(script, options).agent);
    expect(failure).toMatchObject({ code: 'AGENT_STAGE2_REFUSED', stage: 'agent-upload' });
  });
});
