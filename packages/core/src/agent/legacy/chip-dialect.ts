/**
 * Where the legacy agents of the chips differ (docs/protocol/legacy-agent.md, sections "sync", "configuration", "DRAM" and
 * "flash report"). One row a chip; the protocol is chosen by hw_code, never by the version bytes the agent sends.
 */

/** Words of the configuration that only some agents read, named as the vendor's host names them. */
export type ExtraWord = 'newCombo' | 'isGptSolution' | 'forceEnableDram' | 'skipDownloadInfo' | 'slcBlock';

/** How memory settings are handed over: one list, one record, or one record after the phone's storage id. */
export type EmiExchange = 'list' | 'single' | 'single-with-id';

export interface ChipDialect {
  name: string;
  hwCodes: readonly number[];
  /** Extra words by build of the agent file; `since2019` also names what proves that build in the stage-1 bytes. */
  extraWords: { until2015: readonly ExtraWord[]; since2019: readonly ExtraWord[]; marker2019?: string };
  /** Absent: how this chip takes memory settings is not known, so it can be served in preloader mode only. */
  emi?: { exchange: EmiExchange; versions: readonly number[] };
  /** Width of the NAND size in the flash report; absent for chips nobody has looked at. */
  nandSizeBits?: 32 | 64;
  /** Five words about the memory follow when DRAM is ready. */
  tellsDramWords?: boolean;
  /** A bad-block pool word follows the RAM part of the flash report. */
  tellsBmtBlocks?: boolean;
  /** Bytes of the bad-block pool on this chip's NAND phones where the firmware does not say; {@link USUAL_NAND_POOL} else. */
  nandPool?: number;
  /**
   * The agent has one stage: no probe, no memory state word, no upload of a second stage; region 2 of its file is a table of
   * NAND chips. Memory is set up from the command loop.
   */
  oneStage?: boolean;
}

/** 0xA8 blocks of 128 KiB. */
export const USUAL_NAND_POOL = 0x1500000;

const NEVER = { until2015: [], since2019: [] } as const;
const SLC_MARKER = 'get SLC percent count';

export const CHIP_DIALECTS: readonly ChipDialect[] = [
  {
    name: 'MT6573/MT6575/MT6577',
    hwCodes: [0x6573, 0x6575, 0x6577],
    extraWords: NEVER,
    emi: { exchange: 'single', versions: [5, 6, 7, 8, 9] },
    nandSizeBits: 32,
    nandPool: 0xa00000,
    oneStage: true,
  },
  {
    name: 'MT6571',
    hwCodes: [0x6571],
    extraWords: { until2015: ['newCombo'], since2019: ['newCombo'] },
    emi: { exchange: 'single-with-id', versions: [14] },
    nandSizeBits: 64,
    nandPool: 0xe00000,
  },
  {
    name: 'MT6572',
    hwCodes: [0x6572],
    extraWords: NEVER,
    emi: { exchange: 'single-with-id', versions: [11] },
    nandSizeBits: 32,
  },
  {
    name: 'MT6580',
    hwCodes: [0x6580],
    extraWords: { until2015: [], since2019: ['slcBlock'], marker2019: SLC_MARKER },
    emi: { exchange: 'list', versions: [21, 17] },
    nandSizeBits: 64,
  },
  {
    name: 'MT6582',
    hwCodes: [0x6582],
    extraWords: { until2015: ['newCombo'], since2019: ['newCombo'] },
    emi: { exchange: 'single', versions: [12] },
    nandSizeBits: 32,
  },
  {
    name: 'MT6589',
    hwCodes: [0x6583, 0x6589],
    // The 2019 files have no entry for this chip; every agent known for it reads the word.
    extraWords: { until2015: ['forceEnableDram'], since2019: ['forceEnableDram'] },
    emi: { exchange: 'single-with-id', versions: [10] },
    nandSizeBits: 32,
    nandPool: 0xa00000,
  },
  {
    name: 'MT6592',
    hwCodes: [0x6592],
    extraWords: { until2015: [], since2019: ['isGptSolution'], marker2019: '[GPT_DA]' },
    emi: { exchange: 'single', versions: [12, 13] },
    nandSizeBits: 32,
    tellsDramWords: true,
  },
  {
    name: 'MT6595',
    hwCodes: [0x6595],
    extraWords: NEVER,
    emi: { exchange: 'list', versions: [15] },
    nandSizeBits: 64,
  },
  {
    name: 'MT6735/MT6737/MT6753',
    hwCodes: [0x6735, 0x0321, 0x0335, 0x0337],
    extraWords: NEVER,
    emi: { exchange: 'list', versions: [20] },
    nandSizeBits: 64,
  },
  {
    name: 'MT6752',
    hwCodes: [0x6752],
    extraWords: NEVER,
    emi: { exchange: 'list', versions: [17] },
    nandSizeBits: 64,
  },
  {
    name: 'MT6795',
    hwCodes: [0x6795],
    extraWords: NEVER,
    emi: { exchange: 'list', versions: [15] },
    nandSizeBits: 64,
  },
  {
    name: 'MT8127',
    hwCodes: [0x8127],
    extraWords: { until2015: [], since2019: ['skipDownloadInfo', 'slcBlock'], marker2019: SLC_MARKER },
    emi: { exchange: 'single', versions: [12, 16] },
    nandSizeBits: 64,
    tellsBmtBlocks: true,
  },
  { name: 'MT8135', hwCodes: [0x8135], extraWords: NEVER, nandSizeBits: 32 },
  {
    name: 'MT8163',
    hwCodes: [0x8163],
    // The 2015 files have no entry for this chip.
    extraWords: { until2015: [], since2019: ['slcBlock'], marker2019: SLC_MARKER },
    emi: { exchange: 'list', versions: [16] },
    nandSizeBits: 64,
    tellsBmtBlocks: true,
  },
  {
    name: 'MT8173',
    hwCodes: [0x8173, 0x8172, 0x8176],
    extraWords: NEVER,
    emi: { exchange: 'list', versions: [19] },
    nandSizeBits: 64,
  },
  {
    name: 'MT8590',
    hwCodes: [0x8590],
    extraWords: NEVER,
    emi: { exchange: 'list', versions: [18] },
    nandSizeBits: 64,
    tellsBmtBlocks: true,
  },
  { name: 'MT2601', hwCodes: [0x2601], extraWords: NEVER, nandSizeBits: 64 },
];

/** The row for a chip, or undefined for a chip nobody has looked at. */
export function dialectOf(hwCode: number): ChipDialect | undefined {
  return CHIP_DIALECTS.find((dialect) => dialect.hwCodes.includes(hwCode));
}
