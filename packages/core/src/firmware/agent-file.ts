import type { AgentImage, AgentRegion } from '../agent/start.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import {
  DA_ENTRY_MAGIC,
  DA_IDENTIFIER,
  DA_INFO_MAGIC,
  DaEntry,
  DaEntryV3,
  DaHeader,
  decode,
  hex,
  latin1,
  u16,
} from '../wire/index.js';

/** Parses the Download Agent container. See docs/protocol/agent-file.md. */

/** One blob of an entry. */
export interface AgentFileRegion {
  /** Place of the blob in the file. */
  offset: number;
  /** Bytes, signature included; 0 is legal. */
  length: number;
  /** Load address on the phone. */
  address: number;
  /** Bytes of signature at the end of the blob. */
  signatureLength: number;
}

/** The agent for one chip. */
export interface AgentFileEntry {
  /** Position in the file, from 0. */
  index: number;
  /** Code under which the file lists the chip, see `Chip.agentFileHwCode`. */
  hwCode: number;
  /** 0 in files of info version 3, which do not have it. */
  hwSubCode: number;
  hwVersion: number;
  swVersion: number;
  featureSet: number;
  entryRegionIndex: number;
  regions: AgentFileRegion[];
}

export interface AgentFile {
  fileName: string;
  /** Build text: `MTK_AllInOne_DA_v3.3001.2019-12-31.22:53_497508`. */
  description: string;
  infoVersion: number;
  entries: AgentFileEntry[];
  /** The whole file. */
  bytes: Uint8Array;
}

/** MediaTek's host takes 1 to 9, though the table has room for 10. */
const MOST_REGIONS = 9;

/** Whether these first bytes of a file are those of a Download Agent container; 18 bytes suffice. */
export function isAgentFile(start: Uint8Array): boolean {
  return latin1(start.subarray(0, DA_IDENTIFIER.length)) === DA_IDENTIFIER;
}

/** Whether the file's agents speak the newest (V6, XML) protocol. */
export function isXmlGeneration(file: { description: string }): boolean {
  return file.description.startsWith('MTK_DA_v6');
}

/**
 * Reads the table of a Download Agent container; blobs are not copied. Refuses what a careful loader refuses: see
 * docs/protocol/agent-file.md, "Reject rules".
 * @throws UnbrickError `AGENT_FILE_UNREADABLE`
 */
export function parseAgentFile(fileName: string, bytes: Uint8Array): AgentFile {
  if (!isAgentFile(bytes)) {
    const begins = latin1(bytes.subarray(0, 18)).replace(/[^\x20-\x7e]/g, '.');
    throw unreadable(
      fileName,
      'is not a Download Agent file',
      `it begins with '${begins}' instead of ${DA_IDENTIFIER}`,
    );
  }
  if (bytes.length < DaHeader.size) throw truncated(fileName, bytes.length, DaHeader.size);
  const header = DaHeader.parse(bytes);
  if (header.infoMagic !== DA_INFO_MAGIC) {
    throw unreadable(
      fileName,
      'has a damaged head',
      `magic ${hex(header.infoMagic, 8)} instead of ${hex(DA_INFO_MAGIC, 8)}`,
    );
  }
  if (header.entryCount === 0) throw unreadable(fileName, 'has no agent in it', 'its table has 0 entries');
  const layout = entryLayout(bytes, header.infoVersion, header.entryCount);
  const tableEnd = DaHeader.size + header.entryCount * layout.size;
  if (bytes.length < tableEnd) throw truncated(fileName, bytes.length, tableEnd);

  const entries: AgentFileEntry[] = [];
  for (let index = 0; index < header.entryCount; index++) {
    entries.push(readEntry(fileName, bytes, DaHeader.size + index * layout.size, index, layout));
  }
  return { fileName, description: header.description.trim(), infoVersion: header.infoVersion, entries, bytes };
}

type EntryLayout = typeof DaEntry | typeof DaEntryV3;

/** Version 3 has the short entries, all else the long ones; but where the second entry begins is what counts. */
function entryLayout(bytes: Uint8Array, infoVersion: number, count: number): EntryLayout {
  const [likely, other] = infoVersion === 3 ? [DaEntryV3, DaEntry] : [DaEntry, DaEntryV3];
  const second = (layout: EntryLayout) => {
    const at = DaHeader.size + layout.size;
    return bytes.length >= at + 2 && decode(u16, 'little', bytes, at) === DA_ENTRY_MAGIC;
  };
  return count >= 2 && !second(likely) && second(other) ? other : likely;
}

function readEntry(
  fileName: string,
  bytes: Uint8Array,
  at: number,
  index: number,
  layout: EntryLayout,
): AgentFileEntry {
  const raw = layout === DaEntryV3 ? { ...DaEntryV3.parse(bytes, at), hwSubCode: 0 } : DaEntry.parse(bytes, at);
  const shown = `entry ${index} (hw_code ${hex(raw.hwCode, 4)})`;
  if (raw.magic !== DA_ENTRY_MAGIC) {
    throw unreadable(fileName, 'has a damaged table', `entry ${index} has the magic ${hex(raw.magic, 4)}`);
  }
  if (raw.regionCount < 1 || raw.regionCount > MOST_REGIONS) {
    throw unreadable(fileName, 'has a damaged table', `${shown} has ${raw.regionCount} regions`);
  }
  // Files for a single V6 chip begin their first blob over the unused region slots: look only at the slots in use.
  const regions = raw.regions.slice(0, raw.regionCount).map((region, i): AgentFileRegion => {
    const { offset, length, signatureOffset, signatureLength } = region;
    if (offset + length > bytes.length) {
      throw truncated(fileName, bytes.length, offset + length, `${shown}, region ${i}`);
    }
    // Counted from the blob's start, or in files for a single V6 chip from the file's start.
    const inBlob = signatureOffset <= length && signatureOffset + signatureLength <= length;
    const inFile = signatureOffset === offset + length - signatureLength;
    if (signatureLength > length || !(inBlob || inFile)) {
      const evidence = `${shown}, region ${i}: ${length} bytes with a signature of ${signatureLength} at ${hex(signatureOffset)}`;
      throw unreadable(fileName, 'has a damaged table', evidence);
    }
    return { offset, length, address: region.startAddress, signatureLength };
  });
  return {
    index,
    hwCode: raw.hwCode,
    hwSubCode: raw.hwSubCode,
    hwVersion: raw.hwVersion,
    swVersion: raw.swVersion,
    featureSet: raw.featureSet,
    entryRegionIndex: raw.entryRegionIndex,
    regions,
  };
}

/**
 * The two stages of an entry. Phones: regions 1 and 2, region 0 is a memory test that no phone needs. IoT chips: the two
 * regions from `entryRegionIndex` on. See docs/protocol/agent-file.md, "Regions".
 * @throws UnbrickError `AGENT_FILE_UNREADABLE` when the entry lacks one
 */
export function agentImage(file: AgentFile, entry: AgentFileEntry): AgentImage {
  const first = isIotEntry(entry) ? entry.entryRegionIndex : 1;
  return {
    fileName: file.fileName,
    description: file.description,
    stage1: stage(file, entry, first),
    stage2: stage(file, entry, first + 1),
  };
}

/** Phone entries say 0 or 1 here, IoT ones 2. */
export function isIotEntry(entry: AgentFileEntry): boolean {
  return entry.entryRegionIndex >= 2;
}

function stage(file: AgentFile, entry: AgentFileEntry, index: number): AgentRegion {
  const region = entry.regions[index];
  if (!region || region.length === 0) {
    throw unreadable(
      file.fileName,
      `has no complete agent for hw_code ${hex(entry.hwCode, 4)}`,
      `entry ${entry.index} has ${entry.regions.length} regions, region ${index} is ${region ? 'empty' : 'missing'}`,
    );
  }
  return {
    bytes: file.bytes.subarray(region.offset, region.offset + region.length),
    address: region.address,
    signatureLength: region.signatureLength,
  };
}

/** Text that stands for a signature in agents whose maker has to sign them himself. */
const SIGNATURE_PLACEHOLDER = 'SSSSCUST';

/** Whether stage 1 carries a signature: `placeholder` is refused by phones that check it. */
export function signatureKind(image: AgentImage): 'signed' | 'placeholder' | 'none' {
  const { bytes, signatureLength } = image.stage1;
  if (signatureLength === 0) return 'none';
  const at = bytes.length - signatureLength;
  const start = latin1(bytes.subarray(at, at + SIGNATURE_PLACEHOLDER.length));
  return start === SIGNATURE_PLACEHOLDER ? 'placeholder' : 'signed';
}

/**
 * Looks in stage 1 for the digest of stage 2 (without its signature), which the agent checks itself by hanging on a
 * mismatch. Undefined: not found. That is normal for chips with one stage and for MT6571, and a sign of a damaged or mixed
 * file for all others. See docs/protocol/agent-file.md, "Signatures and digests".
 */
export async function stage2DigestFound(image: AgentImage): Promise<'SHA-1' | 'SHA-256' | 'SHA-384' | undefined> {
  const { stage1, stage2 } = image;
  // A copy, because WebCrypto takes no view into shared memory.
  const signed = stage2.bytes.slice(0, stage2.bytes.length - stage2.signatureLength);
  for (const algorithm of ['SHA-256', 'SHA-1', 'SHA-384'] as const) {
    const digest = new Uint8Array(await crypto.subtle.digest(algorithm, signed));
    if (contains(stage1.bytes, digest)) return algorithm;
  }
  return undefined;
}

function contains(bytes: Uint8Array, wanted: Uint8Array): boolean {
  const first = wanted[0] as number;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

function truncated(fileName: string, size: number, needed: number, where = 'its table'): UnbrickError {
  return unreadable(fileName, 'is cut off', `${size} bytes are there, ${where} needs ${needed}`);
}

function unreadable(fileName: string, what: string, evidence: string): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_FILE_UNREADABLE',
    stage: 'firmware',
    message: `${fileName} ${what}.`,
    evidence: [evidence],
    next: [
      'Use the agent file that came with the firmware: DA_PL.bin, DA_BR.bin or MTK_AllInOne_DA.bin.',
      'Download or unpack it again and compare its checksum.',
    ],
  });
}
