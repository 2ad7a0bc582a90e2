import {
  ascii,
  concat,
  DA_ENTRY_MAGIC,
  DA_IDENTIFIER,
  DA_INFO_MAGIC,
  DaEntry,
  DaHeader,
  DaRegion,
  encode,
  LEGACY_NAND_RECORD_SIZE,
  u16,
} from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import { noise } from './noise.js';

const SIGNATURE_LENGTH = 0x100;
/** The second region of chips whose stage 2 is a small unsigned helper. */
const HELPER_LENGTH = 0x38c0;
/** Records in the NAND table that takes the place of stage 2 on one-stage chips, as in real files. */
const NAND_RECORDS = 109;
const ENVIRONMENT_LENGTH = 0x270;
const STAGE1_LENGTH = 0x10000;
/** Stage 1 of the XML agents has the memory settings in it, and is larger than older preloaders take. */
const XML_STAGE1_LENGTH = 0x48000;
/** Not a multiple of the 4 KiB packets of legacy agents, as most real ones. */
const STAGE2_LENGTH = 0x28428;
const WHOLE_PACKETS = 0x29000;
/** Where stage 1 keeps the digest of stage 2 and the texts that tell its dialect. */
const DIGEST_OFFSET = 0xc000;
const TEXT_OFFSET = 0xd000;
const REGION_SLOTS = 10;

/** File name of a practice firmware's agent container, as makers call it. */
export function agentFileName({ agent }: Profile): string {
  return agent.generation === 'xml' ? 'DA_BR.bin' : 'MTK_AllInOne_DA.bin';
}

/**
 * A Download Agent container in the real form with one entry for this phone. Its stages are noise, since the virtual phone
 * brings its own agent; what tools look at is real: addresses, signature lengths, the digest of stage 2 inside stage 1 and
 * the texts that tell the dialect of a build.
 * @param sign what signs stage 1, for phones that start signed agents only
 * @throws RangeError when the signature has not 256 bytes, which is the room that real files have for it
 */
export async function buildAgentFile(profile: Profile, sign?: AgentSigner): Promise<Uint8Array> {
  const { agent } = profile;
  const form = formOf(profile);
  const stage2 = secondRegion(profile, form);
  const isXml = agent.generation === 'xml';
  const stage1 = noise(`stage 1 ${profile.platform}`, isXml ? XML_STAGE1_LENGTH : STAGE1_LENGTH).slice();
  if (form === 'two stages') {
    const covered = stage2.slice(0, stage2.length - SIGNATURE_LENGTH);
    const modern = isXml || (agent.xflash?.buildYear ?? 0) >= 2019;
    const digest = await crypto.subtle.digest(modern ? 'SHA-256' : 'SHA-1', covered);
    stage1.set(new Uint8Array(digest), DIGEST_OFFSET);
  }
  stage1.set(ascii(`${dialectTexts(profile).join('\0')}\0`), TEXT_OFFSET);
  if (sign) await signTail(stage1, sign);
  if (isXml) return singleChipFile(profile, stage1, stage2);

  const environment = noise('environment', ENVIRONMENT_LENGTH);
  const stage2Signature = form === 'two stages' ? SIGNATURE_LENGTH : 0;
  const first = DaHeader.size + DaEntry.size;
  const year = form === 'two stages' ? (agent.xflash?.buildYear ?? 2019) : 2015;
  const entry = DaEntry.build({
    magic: DA_ENTRY_MAGIC,
    hwCode: agent.fileHwCode,
    hwSubCode: agent.generation === 'legacy' ? 0 : profile.hwSubCode,
    hwVersion: 0xca00,
    swVersion: form === 'one stage' ? profile.swVersion : 0,
    reserved: 0,
    featureSet: 0x1000,
    entryRegionIndex: form === 'two stages' ? 0 : 1,
    regionCount: 3,
    regions: [
      region(first, environment, 0x50000000, 0),
      region(first + environment.length, stage1, agent.stage1Address, SIGNATURE_LENGTH),
      region(first + environment.length + stage1.length, stage2, agent.stage2Address, stage2Signature),
      ...unusedRegions(),
    ],
  });
  const description = `MTK_AllInOne_DA_v3.3001.${year}-12-31.12:00_100000`;
  return concat(header(description), entry, environment, stage1, stage2);
}

/**
 * The form of the XML agents' containers: the first blob lies over the unused region slots of the entry, region 0 repeats
 * region 1, and signature offsets count from the beginning of the file.
 */
function singleChipFile({ agent, hwSubCode }: Profile, stage1: Uint8Array, stage2: Uint8Array): Uint8Array {
  const first = DaHeader.size + DaEntry.size - (REGION_SLOTS - 3) * DaRegion.size;
  const signed = (offset: number, blob: Uint8Array, startAddress: number) => {
    const signatureOffset = offset + blob.length - SIGNATURE_LENGTH;
    return { ...region(offset, blob, startAddress, SIGNATURE_LENGTH), signatureOffset };
  };
  const stage1Region = signed(first, stage1, agent.stage1Address);
  const entry = DaEntry.build({
    magic: DA_ENTRY_MAGIC,
    hwCode: agent.fileHwCode,
    hwSubCode,
    hwVersion: 0xca00,
    swVersion: 0,
    reserved: 0,
    featureSet: 0,
    entryRegionIndex: 0,
    regionCount: 3,
    regions: [
      stage1Region,
      stage1Region,
      signed(first + stage1.length, stage2, agent.stage2Address),
      ...unusedRegions(),
    ],
  });
  const head = concat(header('MTK_DA_v6_2022-12-31 12:00:00'), entry).subarray(0, first);
  return concat(head, stage1, stage2);
}

function header(description: string): Uint8Array {
  return DaHeader.build({
    identifier: DA_IDENTIFIER,
    description,
    infoVersion: 4,
    infoMagic: DA_INFO_MAGIC,
    entryCount: 1,
  });
}

function region(offset: number, blob: Uint8Array, startAddress: number, signatureLength: number) {
  return {
    offset,
    length: blob.length,
    startAddress,
    signatureOffset: blob.length - signatureLength,
    signatureLength,
  };
}

function unusedRegions() {
  const unused = { offset: 0, length: 0, startAddress: 0, signatureOffset: 0, signatureLength: 0 };
  return Array.from({ length: REGION_SLOTS - 3 }, () => unused);
}

/** The second region: a signed stage 2, an unsigned helper for the DRAM, or a table of NAND chips. */
type Form = 'two stages' | 'helper' | 'one stage';
/** hw_codes of MT6589 and MT8135, whose second region is the helper. */
const HELPER_CHIPS = [0x6583, 0x8135];

function formOf({ agent, hwCode }: Profile): Form {
  if (agent.legacy?.stages === 1) return 'one stage';
  return HELPER_CHIPS.includes(hwCode) ? 'helper' : 'two stages';
}

function secondRegion(profile: Profile, form: Form): Uint8Array {
  const seed = `stage 2 ${profile.platform}`;
  if (form === 'helper') return noise(seed, HELPER_LENGTH);
  // Some builds are whole packets long; then an acknowledgement for an empty tail comes.
  if (form === 'two stages') return noise(seed, profile.platform === 'MT8173' ? WHOLE_PACKETS : STAGE2_LENGTH);
  const table = noise(seed, NAND_RECORDS * LEGACY_NAND_RECORD_SIZE).slice();
  // Each record begins with the number of its chip; this phone's own chip, if it has NAND, is the last.
  for (let i = 0; i < NAND_RECORDS; i++) table.set(encode(u16, 'little', i), i * LEGACY_NAND_RECORD_SIZE);
  const { kind, id } = profile.storage;
  if (kind === 'nand') table.set(nandIdBytes(id), (NAND_RECORDS - 1) * LEGACY_NAND_RECORD_SIZE + 2);
  return table;
}

function nandIdBytes(id: string): Uint8Array {
  return Uint8Array.from(id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Makes the signature over the bytes: PKCS#1 v1.5 with SHA-256. */
export type AgentSigner = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

async function signTail(stage1: Uint8Array, sign: AgentSigner): Promise<void> {
  const end = stage1.length - SIGNATURE_LENGTH;
  const signature = await sign(stage1.subarray(0, end));
  if (signature.length !== SIGNATURE_LENGTH) {
    throw new RangeError(`the signature of an agent has ${SIGNATURE_LENGTH} bytes, this one has ${signature.length}`);
  }
  stage1.set(signature, end);
}

/** Texts by which hosts tell which extra configuration words a legacy build wants. */
function dialectTexts(profile: Profile): string[] {
  switch (profile.agent.legacy?.extraConfig) {
    case 'slc':
    case 'skip-dl-info+slc':
      return ['get SLC percent count'];
    case 'is-gpt':
      return ['[GPT_DA]'];
    default:
      return ['practice agent'];
  }
}
