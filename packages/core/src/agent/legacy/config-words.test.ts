import { describe, expect, it } from 'vitest';
import { hexBytes } from '../../wire/index.js';
import { CHIP_DIALECTS, dialectOf } from './chip-dialect.js';
import { decideExtraWords, eraOf, extraConfig, fixedConfig } from './config-words.js';
import { DESCRIPTION_2015, DESCRIPTION_2019, image, SLC_MARKER } from './testing/samples.js';

const stage2 = new Uint8Array();
const SLC = `00000001${hexBytes(Uint8Array.from([0x46, 0x46]))}${'00'.repeat(14)}ff000000`;

/** hw_code, text in stage 1 of 2019, bytes sent to a 2015 agent, bytes sent to a 2019 agent. */
const ROWS: [number, string, string, string][] = [
  [0x6571, '', '00000001', '00000001'],
  [0x6582, '', '00000001', '00000001'],
  [0x6592, '[GPT_DA]', '', '00000000'],
  [0x6583, '', '00000000', '00000000'],
  [0x6580, SLC_MARKER, '', SLC],
  [0x8163, SLC_MARKER, '', SLC],
  [0x8127, SLC_MARKER, '', `00000000${SLC}`],
  ...[
    0x6572, 0x6573, 0x6575, 0x6577, 0x6735, 0x0321, 0x0335, 0x0337, 0x6752, 0x6795, 0x6595, 0x8172, 0x8173, 0x8176,
    0x8590, 0x8135, 0x2601,
  ].map((hwCode): [number, string, string, string] => [hwCode, '', '', '']),
];

describe('extra configuration words', () => {
  it.each(ROWS)('hw_code %i', (hwCode, marker, until2015, since2019) => {
    const dialect = dialectOf(hwCode);
    if (!dialect) throw new Error('no row');
    const old = decideExtraWords(dialect, image(DESCRIPTION_2015, '', stage2));
    expect([old.certainty, hexBytes(extraConfig(old.words))]).toEqual(['sure', until2015]);
    const recent = decideExtraWords(dialect, image(DESCRIPTION_2019, marker, stage2));
    expect([recent.certainty, hexBytes(extraConfig(recent.words))]).toEqual(['sure', since2019]);
  });

  it('says which kind of partition table the firmware has, to agents that want to know', () => {
    expect(hexBytes(extraConfig(['isGptSolution'], { gpt: true }))).toBe('00000001');
    expect(hexBytes(extraConfig(['isGptSolution'], { gpt: false }))).toBe('00000000');
  });

  it('has a test row for every chip', () => {
    const tested = ROWS.map(([hwCode]) => dialectOf(hwCode)?.name);
    expect(CHIP_DIALECTS.filter((dialect) => !tested.includes(dialect.name))).toEqual([]);
  });

  it('believes the text in stage 1 more than the date, and asks the phone when the two disagree or the date says nothing', () => {
    const mt6580 = dialectOf(0x6580);
    if (!mt6580) throw new Error('no row');
    const decide = (description: string, text: string) => decideExtraWords(mt6580, image(description, text, stage2));
    expect(decide(DESCRIPTION_2015, SLC_MARKER)).toMatchObject({ certainty: 'sure', words: ['slcBlock'] });
    expect(decide('MTK_AllInOne_DA_vv2.8.9', SLC_MARKER)).toMatchObject({ certainty: 'sure', words: ['slcBlock'] });
    expect(decide(DESCRIPTION_2019, '')).toMatchObject({ certainty: 'ask', words: ['slcBlock'] });
    expect(decide('MTK_AllInOne_DA_vv2.8.9', '')).toMatchObject({ certainty: 'ask', words: ['slcBlock'] });
    expect(decide('MTK_AllInOne_DA_vv2.8.9', SLC_MARKER.slice(0, -1)).certainty).toBe('ask');
  });
});

describe('build era', () => {
  it.each([
    ['MTK_AllInOne_DA_v7.1504.00.00', 'until2015'],
    [DESCRIPTION_2015, 'until2015'],
    ['MTK_AllInOne_DA_v3.3001.2017-11-30.15:25_393999', 'unknown'],
    ['MTK_AllInOne_DA_v3.3001.2019/06/06.13:57_476953', 'since2019'],
    [DESCRIPTION_2019, 'since2019'],
    ['MTK_AllInOne_DA_vv2.8.9', 'unknown'],
    ['', 'unknown'],
  ])('%s', (description, era) => expect(eraOf(description)).toBe(era));
});

describe('fixed part', () => {
  it('is what the genuine host sends', () => {
    const words = fixedConfig({ bromVersion: 0x05, bootloaderVersion: 0xfe });
    expect(hexBytes(words)).toBe('05fe0008007007ffff010000000002010200');
    const withPool = fixedConfig({ bromVersion: 0x05, bootloaderVersion: 0xfe }, 0x1500000);
    expect(hexBytes(withPool)).toBe('05fe0008007007ffff010150000002010200');
  });
});
