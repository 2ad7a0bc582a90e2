import { describe, expect, it } from 'vitest';
import { hexBytes } from '../../wire/index.js';
import { bytesFromHex, DESCRIPTION_2019, emiTable, failureOf, identity, image, pattern } from './testing/samples.js';
import { BROM, KNOWN_ID, start } from './testing/scripted-start.js';
import { CONFIG_BROM_SLC, DRAM_WANTED, PROBE } from './testing/transcripts.js';

describe('memory set-up that fails', () => {
  const cid = '150100444a35424d420755018a34f2c1';
  const asked = `${PROBE}${CONFIG_BROM_SLC}${DRAM_WANTED}`;
  const fails = async (script: string, emi?: ReturnType<typeof emiTable>) => {
    const { device, agent } = start(script, { identity: identity(0x6580, BROM), emi });
    const failure = await failureOf(agent);
    device.expectFinished();
    expect(failure.stage).toBe('dram');
    expect(failure.evidence.join()).toContain(cid);
    expect(failure.next.length).toBeGreaterThan(1);
    return failure;
  };
  const offered = (emi: ReturnType<typeof emiTable>) => `${asked}
→ E8 00 00 00 15
← 5A 00 00 00 BC
→ 5A 00 00 00 BC
→ ${hexBytes(emi.list)}
← 5B DA
→ 5A 80 00 00 01
`;

  it('without a memory table', async () => {
    expect((await fails(asked)).code).toBe('EMI_TABLE_MISSING');
  });

  it('without an entry for this memory: nothing is offered', async () => {
    const failure = await fails(asked, emiTable(21, 0xbc, ['900148', '15010046453632']));
    expect(failure.code).toBe('EMI_NO_MATCH');
    expect(failure.evidence.join()).toContain('SK hynix');
    expect(failure.evidence.join()).toContain('Samsung FE62');
  });

  it('with a version the agent refuses: the exchange is ended first', async () => {
    const failure = await fails(
      `${asked}
→ E8 00 00 00 14
← A5
← 00 00 00 BC
→ A5`,
      emiTable(20, 0xb0, [KNOWN_ID]),
    );
    expect(failure.code).toBe('EMI_VERSION_MISMATCH');
    expect(failure.evidence.join('\n')).toContain('take version 21 or 17');
    expect(failure.evidence.join('\n')).toContain('records of 188 bytes, the table has records of 176');
  });

  it('with a failed calibration', async () => {
    const emi = emiTable(21, 0xbc, [KNOWN_ID]);
    const failure = await fails(`${offered(emi)}← 00 00 0B BA`, emi);
    expect(failure.code).toBe('DRAM_SETUP_FAILED');
    expect(failure.message).toContain('4032');
    expect(failure.evidence.join('\n')).toContain('3002 (0xBBA) S_DA_SETUP_DRAM_FAIL');
    expect(failure.evidence.join('\n')).toContain('are for: Samsung DJ5BMB, eMMC with LPDDR3, 1 GiB');
  });

  it('with the word a real phone gave instead of a memory size', async () => {
    const emi = emiTable(21, 0xbc, [KNOWN_ID]);
    const failure = await fails(`${offered(emi)}← 00 00 0B C4`, emi);
    expect(failure.evidence.join('\n')).toContain('3012 (0xBC4) S_DA_DEVICE_NOT_FOUND');
  });

  it('with silence', async () => {
    const emi = emiTable(21, 0xbc, [KNOWN_ID]);
    expect((await fails(offered(emi), emi)).code).toBe('DRAM_SETUP_FAILED');
  });

  it('with settings damaged on the way: they are not applied', async () => {
    const emi = emiTable(21, 0xbc, [KNOWN_ID]);
    const script = offered(emi).replace('← 5B DA', '← 5B DB').replace('→ 5A 80 00 00 01', '→ A5');
    expect((await fails(script, emi)).code).toBe('DRAM_SETUP_FAILED');
  });
});

describe('memory records of the single variants', () => {
  const sized = (id: string) => emiTable(0, 0xd0, ['900148', id]);
  const config = '→ 05 FE 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00\n';

  it('sends MT6582 the one record for its memory, cut to what the agent wants', async () => {
    const emi = { ...sized(KNOWN_ID), version: 12 };
    const record = emi.entries[1]?.bytes.subarray(0, 0xbc) as Uint8Array;
    const { device, agent } = start(
      `${PROBE}${config}→ 00 00 00 01\n${DRAM_WANTED}
→ E8 00 00 00 0C
← 5A
← 00 00 00 BC
→ 5A
→ ${hexBytes(record)}
← 5B DB
→ 5A 80 00 00 01
← 00 00 0B BE`,
      { identity: identity(0x6582, BROM), emi, image: image(DESCRIPTION_2019, '', pattern(16)) },
    );
    expect(await failureOf(agent)).toMatchObject({ code: 'DRAM_SETUP_FAILED' });
    device.expectFinished();
  });

  it('reads the storage id MT6572 sends before the record size, also after a refusal', async () => {
    const emi = { ...sized(KNOWN_ID), version: 11 };
    const record = emi.entries[1]?.bytes.subarray(0, 0xa8) as Uint8Array;
    const sum = record
      .reduce((a, b) => a + b, 0)
      .toString(16)
      .padStart(4, '0');
    const taken = start(
      `${PROBE}${config}${DRAM_WANTED}
→ E8 00 00 00 0B
← 5A
← 44 00 01 15 4D 42 35 4A 01 55 07 42 C1 F2 34 8A
← 00 00 00 A8
→ 5A
→ ${hexBytes(record)}
← ${sum}
→ 5A 80 00 00 01
← 00 00 00 00 02 00 00 00 00 00 20 00 00 00
→ 80 00 00 00 00 00 00 10 00 00 10 00`,
      { identity: identity(0x6572, BROM), emi, image: image(DESCRIPTION_2019, '', pattern(16)) },
    );
    expect((await failureOf(taken.agent)).stage).toBe('agent-upload');
    taken.device.expectFinished();

    const refused = start(
      `${PROBE}${config}${DRAM_WANTED}
→ E8 00 00 00 0B
← A5
← 44 00 01 15 4D 42 35 4A 01 55 07 42 C1 F2 34 8A
← 00 00 00 A8
→ A5`,
      { identity: identity(0x6572, BROM), emi, image: image(DESCRIPTION_2019, '', pattern(16)) },
    );
    expect(await failureOf(refused.agent)).toMatchObject({ code: 'EMI_VERSION_MISMATCH' });
    refused.device.expectFinished();
  });

  it('knows the memory ids of a phone whose CID comes with its words turned around', async () => {
    expect(bytesFromHex(KNOWN_ID).length).toBe(9);
    const turned = PROBE.replace(
      '15 01 00 44 4A 35 42 4D 42 07 55 01 8A 34 F2 C1',
      '44 00 01 15 4D 42 35 4A 01 55 07 42 C1 F2 34 8A',
    );
    const { device, agent } = start(
      `${turned}${CONFIG_BROM_SLC}${DRAM_WANTED}\n→ E8 00 00 00 15\n← 5A 00 00 00 BC\n→ 5A`,
      {
        identity: identity(0x6580, BROM),
        emi: emiTable(21, 0xbc, [KNOWN_ID]),
      },
    );
    await failureOf(agent);
    expect(device.mismatch).toContain('expected nothing more');
  });
});

describe('a table with more entries than the agent has room for', () => {
  it('is cut down to the entries for this phone', async () => {
    const ids = [...Array.from({ length: 21 }, () => '900148'), KNOWN_ID, ''];
    const { device, agent } = start(
      `${PROBE}${CONFIG_BROM_SLC}${DRAM_WANTED}
→ E8 00 00 00 15
← 5A 00 00 00 BC
→ 5A 00 00 01 78
→ …(376)
← 00 00
→ A5`,
      { identity: identity(0x6580, BROM), emi: emiTable(21, 0xbc, ids) },
    );
    const failure = await failureOf(agent);
    expect(failure.evidence.join()).toContain('the agent received checksum 0x0000');
    device.expectFinished();
  });
});
