import { ascii, concat, DA_ENTRY_MAGIC, DA_IDENTIFIER, DA_INFO_MAGIC, DaEntry, DaHeader } from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import { noise } from './noise.js';

const SIGNATURE_LENGTH = 0x100;
const ENVIRONMENT_LENGTH = 0x270;
const STAGE1_LENGTH = 0x10000;
/** Not a multiple of the 4 KiB packets of legacy agents, as most real ones. */
const STAGE2_LENGTH = 0x28428;
/** Where stage 1 keeps the digest of stage 2 and the texts that tell its dialect. */
const DIGEST_OFFSET = 0xc000;
const TEXT_OFFSET = 0xd000;

/**
 * A Download Agent container in the real form with one entry for this phone. Its stages are noise, since the virtual phone
 * brings its own agent; what tools look at is real: addresses, signature lengths, the digest of stage 2 inside stage 1 and
 * the texts that tell the dialect of a build.
 */
export async function buildAgentFile(profile: Profile): Promise<Uint8Array> {
  const { agent } = profile;
  const stage2 = noise(`stage 2 ${profile.platform}`, STAGE2_LENGTH);
  const stage1 = noise(`stage 1 ${profile.platform}`, STAGE1_LENGTH).slice();
  const modern = (agent.xflash?.buildYear ?? 0) >= 2019;
  const covered = stage2.slice(0, STAGE2_LENGTH - SIGNATURE_LENGTH);
  const digest = await crypto.subtle.digest(modern ? 'SHA-256' : 'SHA-1', covered);
  stage1.set(new Uint8Array(digest), DIGEST_OFFSET);
  stage1.set(ascii(`${dialectTexts(profile).join('\0')}\0`), TEXT_OFFSET);

  const environment = noise('environment', ENVIRONMENT_LENGTH);
  const first = DaHeader.size + DaEntry.size;
  const region = (offset: number, blob: Uint8Array, startAddress: number, signatureLength: number) => ({
    offset,
    length: blob.length,
    startAddress,
    signatureOffset: blob.length - signatureLength,
    signatureLength,
  });
  const unused = { offset: 0, length: 0, startAddress: 0, signatureOffset: 0, signatureLength: 0 };
  const header = DaHeader.build({
    identifier: DA_IDENTIFIER,
    description: `MTK_AllInOne_DA_v3.3001.${agent.xflash?.buildYear ?? 2019}-12-31.12:00_100000`,
    infoVersion: 4,
    infoMagic: DA_INFO_MAGIC,
    entryCount: 1,
  });
  const entry = DaEntry.build({
    magic: DA_ENTRY_MAGIC,
    hwCode: agent.fileHwCode,
    hwSubCode: agent.generation === 'legacy' ? 0 : profile.hwSubCode,
    hwVersion: 0xca00,
    swVersion: 0,
    reserved: 0,
    featureSet: 0x1000,
    entryRegionIndex: 0,
    regionCount: 3,
    regions: [
      region(first, environment, 0x50000000, 0),
      region(first + environment.length, stage1, agent.stage1Address, SIGNATURE_LENGTH),
      region(first + environment.length + stage1.length, stage2, agent.stage2Address, SIGNATURE_LENGTH),
      ...Array.from({ length: 7 }, () => unused),
    ],
  });
  return concat(header, entry, environment, stage1, stage2);
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
