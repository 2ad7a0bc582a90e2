import { type Agent, type AgentFile, agentImage, parseAgentFile, type Region } from '@unbrick/core';
import type { Profile } from '@unbrick/phone';
import { agentFileBytes } from '../../../packages/core/src/firmware/agent-file.fixture.js';
import { smallNandProfile } from '../../support/small-phone.js';
import { hurried } from './hurried.js';
import { smallPhone } from './on-the-phone.js';
import { fault, plugged } from './plugged.js';
import type { Scenarios } from './scenario.js';
import { bitFlipped, once, replacing, tampered } from './tampering.js';

/** What Download Agents of the three generations refuse, get wrong or cannot do. */

const LEGACY = smallPhone('mt6735-emmc');
const XFLASH = smallPhone('mt6765-emmc');
const XML = smallPhone('mt6855-emmc');

const NAND = smallNandProfile();

const place = (length = 512, region: Region = 'user', start = 0) => ({ region, start, length });
async function* bytes(length = 512, content: Uint8Array = new Uint8Array(length)) {
  yield content.subarray(0, length);
}
async function read(agent: Agent, extent = place()): Promise<void> {
  for await (const _ of agent.read(extent));
}

/** Starts an agent and has it do something. */
const running = (
  profile: Profile,
  work: (agent: Agent) => Promise<unknown>,
  { faults = fault(), ...more }: Partial<Parameters<typeof plugged>[0]> = {},
) => plugged({ profile, mode: 'preloader', faults, ...more }, async (bench) => work(await bench.start()));
const starting = (profile: Profile, ...faults: string[]) =>
  plugged({ profile, mode: 'brom', faults: fault(...faults) });

const legacyTraits = (traits: object): Profile => ({
  ...LEGACY,
  agent: { ...LEGACY.agent, legacy: { ...LEGACY.agent.legacy, ...traits } as never },
});
const WITH_RPMB: Profile = {
  ...XFLASH,
  storage: { ...XFLASH.storage, regions: { ...XFLASH.storage.regions, rpmb: 0x80000 } },
};
/** What a partition holds that somebody has flashed wrongly: the beginning of a sparse image. */
const SPARSE_START = Uint8Array.of(0x3a, 0xff, 0x26, 0xed, ...new Uint8Array(508));

export const AGENTS: Scenarios = {
  // Starting
  AGENT_SILENT: plugged({ profile: LEGACY, faults: fault('agent-silent=1') }, (bench) => hurried(() => bench.start())),
  AGENT_STAGE2_REFUSED: starting(XFLASH, 'answers=BOOT_TO#2:0xC0070004'),
  AGENT_REPLY_INVALID: plugged({
    profile: XFLASH,
    mode: 'preloader',
    through: tampered({ fromPhone: replacing('preloader', 'prelaoder') }),
  }),
  // One bit of the first frame's first word.
  AGENT_OUT_OF_STEP: plugged({
    profile: XFLASH,
    mode: 'preloader',
    through: tampered({
      fromPhone: once(
        (part) => part.length === 12 && part[0] === 0xef,
        (part) => bitFlipped(part, 0),
      ),
    }),
  }),
  CHIP_REFUSED: starting(legacyTraits({ baseband: 0xff })),
  // Of this chip no genuine agent has ever been looked at.
  CHIP_UNSUPPORTED: plugged({ profile: { ...LEGACY, hwCode: 0x0598 }, of: LEGACY }, (bench) => {
    const file = parseAgentFile('DA_BR.bin', agentFileBytes({ entries: [{ hwCode: 0x0598 }] }));
    return bench.start({ image: agentImage(file, file.entries[0] as AgentFile['entries'][number]) });
  }),
  EMI_NO_MATCH: plugged({
    profile: { ...LEGACY, storage: { ...LEGACY.storage, id: '90014a484247346132a4e5d4c3b2a1f1' } },
    of: LEGACY,
  }),
  EMI_VERSION_MISMATCH: plugged({ profile: legacyTraits({ emiVersion: 99 }), of: LEGACY }),
  DRAM_SETUP_FAILED: starting(LEGACY, 'dram-fail'),
  STORAGE_INIT_FAILED: starting(XML, 'answers=NOTIFY-INIT-HW#2:All storage init fail. check HW storage.'),
  STORAGE_NOT_FOUND: starting(LEGACY, 'answers=FLASH_REPORT:0xC4D'),
  // Without knowing how much of the NAND stands in for bad blocks, nobody can tell how much there is to use.
  STORAGE_UNSUPPORTED: plugged({ profile: NAND, mode: 'preloader' }, (bench) => bench.start({ hints: undefined })),

  // Working
  AGENT_REFUSED: running(LEGACY, read, { faults: fault('answers=READ:0x410') }),
  AGENT_COMMAND_UNKNOWN: running(XML, (agent) => agent.erase(place()), {
    through: tampered({ toPhone: replacing('CMD:ERASE-FLASH', 'CMD:ERASE-SMASH') }),
  }),
  SECURITY_REFUSED: running(XFLASH, (agent) => agent.write(place(), bytes()), { faults: fault('signed-only') }),
  STORAGE_FAILED: running(XFLASH, (agent) => agent.write(place(512, 'user', 0xa0000), bytes()), {
    faults: fault('write-error=lk'),
  }),
  FORMAT_PARTIAL: running(LEGACY, (agent) => agent.erase(place(512, 'user', 0xa0000)), {
    faults: fault('write-error=lk', 'answers=FORMAT#3:0xC52'),
  }),
  // A chip that has lost the map of its bad blocks, and gets no new one.
  BAD_BLOCK_MAP_FAILED: running(NAND, async (agent) => agent.mapBadBlocks?.(), {
    faults: fault('answers=NAND_BMT_REMARK#2:0xBE5'),
    spoil: async (storage) => {
      const { poolBlocks = 0, pagesPerBlock = 0 } = NAND.storage.nand ?? {};
      const pool = poolBlocks * pagesPerBlock * NAND.storage.blockSize;
      await storage.erase('nand', (NAND.storage.regions.nand ?? 0) - pool, pool);
    },
  }),
  DATA_DAMAGED_ON_THE_WAY: running(LEGACY, (agent) => agent.write(place(), bytes()), {
    through: tampered({ toPhone: (part) => (part.length === 515 ? bitFlipped(part) : part) }),
  }),
  READ_DAMAGED: running(LEGACY, (agent) => read(agent, place(1024)), {
    through: tampered({ fromPhone: (part) => (part.length === 1024 ? bitFlipped(part) : part) }),
  }),
  WRITE_MISMATCH: running(LEGACY, (agent) => agent.write(place(512, 'user', 0xa0000), bytes(512, SPARSE_START)), {
    faults: fault('bad-write=lk'),
  }),
  PARTITION_TABLE_NEEDED: running(XFLASH, (agent) => agent.write(place(), bytes()), {
    faults: fault('answers=WRITE_DATA#2:0xC0040007'),
  }),
  REGION_UNREACHABLE: running(WITH_RPMB, (agent) => read(agent, place(512, 'rpmb'))),
  EXTENT_INVALID: running(XFLASH, (agent) => read(agent, place(512, 'user', 2 ** 40))),
  AGENT_BUSY: running(XFLASH, (agent) => Promise.all([read(agent, place(1 << 20)), read(agent)])),
  PRELOADER_INVALID: running(LEGACY, (agent) => agent.writePreloader(new Uint8Array(1000))),
  SOURCE_LENGTH_WRONG: running(XFLASH, (agent) => agent.write(place(1024), bytes(512))),
  DATA_LENGTH: running(LEGACY, (agent) => agent.write(place(1024), bytes(512))),
};
