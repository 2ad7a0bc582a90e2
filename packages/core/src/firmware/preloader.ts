import { UnbrickError } from '../errors/unbrick-error.js';
import { ascii, hex, hexBytes, latin1 } from '../wire/index.js';
import { EMI_TAG, findEmiTable } from './emi-parse.js';
import type { EmiTable } from './emi-table.js';
import { type PlatformHint, platformHints } from './platform-hints.js';
import {
  BOOT_REGION_LAYOUT_NAME,
  BootRegionLayout,
  GFH_FILE_INFO_NAME,
  GFH_MAGIC,
  GfhFileInfo,
  GfhHeader,
  PRELOADER_FILE_TYPES,
} from './preloader-layout.js';

export interface PreloaderProblem {
  /** Stable: `PRELOADER_RENAMED`. */
  code: string;
  message: string;
}

/** A preloader file, checked and cut to what belongs to it. */
export interface Preloader {
  /** `plain`: as in firmware folders. `boot-region`: a dump of a boot area. `emi-only`: memory settings without a preloader. */
  shape: 'plain' | 'boot-region' | 'emi-only';
  /** Name in the header of a boot area: `EMMC_BOOT`, `UFS_BOOT`, `COMBO_BOOT`, `SDMMC_BOOT`; absent without one. */
  bootHeader?: string;
  /** From the GFH to the end of the signature: what agents take. The whole file when `emi-only`. */
  file: Uint8Array;
  /** Where the boot ROM puts it; 0 when `emi-only`. */
  loadAddress: number;
  /** Bytes at the end of `file`; 0 when `emi-only`. */
  signatureLength: number;
  /** Length of `file` in bytes. */
  fileLength: number;
  /** Project (board) name it was built for, from the file name embedded in it. */
  project?: string;
  /** Platforms named inside, most trustworthy first; a scatter file beside it is worth more. */
  platformHints: PlatformHint[];
  emi?: EmiTable;
  problems: PreloaderProblem[];
}

/** A chain of GFH headers may end this much before the code (seen in a real file). Bytes. */
const CHAIN_SLACK = 16;
const GFH_START = ascii(`${GFH_MAGIC}\x01\x38\0\0\0${GFH_FILE_INFO_NAME}`);
const USE_ANOTHER = 'Download or unpack the firmware again and compare its checksum.';
const KEEP_OWN = 'Leave the phone’s preloader as it is: --skip preloader';

/**
 * Reads a preloader file in any of its three shapes. See docs/protocol/preloader.md, "Preloader file".
 * @param fileName without folders; compared with the name embedded in the file
 * @throws UnbrickError `PRELOADER_ZEROED`, `PRELOADER_TRUNCATED`, `PRELOADER_UNREADABLE`
 */
export function parsePreloader(fileName: string, bytes: Uint8Array): Preloader {
  if (isBlank(bytes)) {
    throw failure('PRELOADER_ZEROED', `${fileName} is empty: it holds no preloader.`, [
      bytes.length === 0 ? 'the file has 0 bytes' : `all ${bytes.length} bytes are ${hex(bytes[0] as number, 2)}`,
    ]);
  }
  if (beginsWith(bytes, 0, ascii(EMI_TAG))) return emiOnly(fileName, bytes);
  const start = findGfh(bytes);
  if (start === undefined) {
    throw failure('PRELOADER_UNREADABLE', `${fileName} is not a preloader.`, [
      `no GFH header in ${bytes.length} bytes; the file begins with ${hexBytes(bytes.subarray(0, 16))}`,
    ]);
  }
  const info = readFileInfo(fileName, bytes, start);
  const file = bytes.subarray(start, start + info.fileLength);
  checkChain(fileName, file, info.contentOffset);
  checkContent(fileName, file, info);
  const problems: PreloaderProblem[] = [];
  if (!PRELOADER_FILE_TYPES.includes(info.fileType)) {
    problems.push({
      code: 'PRELOADER_FILE_TYPE',
      message: `${fileName} says it is a file of type ${hex(info.fileType, 4)}, which is not the type of preloaders.`,
    });
  }
  const emi = readEmi(fileName, file, info.signatureLength, problems);
  const project = projectOf(emi);
  checkName(fileName, emi, problems);
  return {
    shape: start === 0 ? 'plain' : 'boot-region',
    ...(start === 0 ? {} : bootHeaderOf(bytes)),
    file,
    loadAddress: info.loadAddress,
    signatureLength: info.signatureLength,
    fileLength: file.length,
    ...(project === undefined ? {} : { project }),
    platformHints: platformHints(file),
    ...(emi ? { emi } : {}),
    problems,
  };
}

function emiOnly(fileName: string, bytes: Uint8Array): Preloader {
  const problems: PreloaderProblem[] = [];
  const emi = readEmi(fileName, bytes, 0, problems);
  if (!emi) {
    throw failure(
      'PRELOADER_UNREADABLE',
      `${fileName} holds damaged memory settings and no preloader.`,
      problems.map((problem) => problem.message),
    );
  }
  const project = projectOf(emi);
  checkName(fileName, emi, problems);
  return {
    shape: 'emi-only',
    file: bytes,
    loadAddress: 0,
    signatureLength: 0,
    fileLength: bytes.length,
    ...(project === undefined ? {} : { project }),
    platformHints: [],
    emi,
    problems,
  };
}

/** The name with which a boot area begins; a NAND dump has another form of header. */
function bootHeaderOf(bytes: Uint8Array): { bootHeader?: string } {
  const name = /^(?:EMMC|UFS|COMBO|SDMMC|SF)_BOOT|^BOOTLOADER!/.exec(latin1(bytes.subarray(0, 12)))?.[0];
  return name === undefined ? {} : { bootHeader: name };
}

/** Where the GFH begins: at once, where a boot area's layout says, or wherever it is. */
function findGfh(bytes: Uint8Array): number | undefined {
  if (beginsWith(bytes, 0, GFH_START)) return 0;
  const layout = indexOf(bytes, ascii(BOOT_REGION_LAYOUT_NAME), 0, 0x2000);
  if (layout !== undefined && layout + BootRegionLayout.size <= bytes.length) {
    const { firstImage } = BootRegionLayout.parse(bytes, layout);
    if (beginsWith(bytes, firstImage, GFH_START)) return firstImage;
  }
  return indexOf(bytes, GFH_START, 0, bytes.length);
}

function readFileInfo(fileName: string, bytes: Uint8Array, start: number) {
  const available = bytes.length - start;
  if (available < GfhFileInfo.size) {
    throw truncated(fileName, [`its first header has ${GfhFileInfo.size} bytes, ${available} are there`]);
  }
  const info = GfhFileInfo.parse(bytes, start);
  const { fileLength, contentOffset, signatureLength } = info;
  if (contentOffset < GfhFileInfo.size || contentOffset + signatureLength >= fileLength) {
    throw failure('PRELOADER_UNREADABLE', `The header of ${fileName} contradicts itself.`, [
      `length ${hex(fileLength)}, code at ${hex(contentOffset)}, signature of ${hex(signatureLength)} bytes`,
    ]);
  }
  if (fileLength > available) {
    throw truncated(fileName, [
      `its header says ${fileLength} bytes${start > 0 ? ` from offset ${hex(start)}` : ''}, ${available} are there`,
    ]);
  }
  return info;
}

/** The headers follow each other without gaps up to the code. */
function checkChain(fileName: string, file: Uint8Array, contentOffset: number): void {
  let offset = 0;
  while (offset + CHAIN_SLACK <= contentOffset) {
    const { magic, size } = GfhHeader.parse(file, offset);
    if (magic !== GFH_MAGIC || size < GfhHeader.size) {
      throw failure('PRELOADER_UNREADABLE', `The headers of ${fileName} are damaged.`, [
        `no header at ${hex(offset)}: ${hexBytes(file.subarray(offset, offset + GfhHeader.size))}; the code begins at ${hex(contentOffset)}`,
      ]);
    }
    offset += size;
  }
  if (offset > contentOffset) {
    throw failure('PRELOADER_UNREADABLE', `The headers of ${fileName} are damaged.`, [
      `they end at ${hex(offset)}, the code begins at ${hex(contentOffset)}`,
    ]);
  }
}

/** A copy that broke off often has the right length and nothing in its second part. */
function checkContent(
  fileName: string,
  file: Uint8Array,
  info: { contentOffset: number; signatureLength: number },
): void {
  const end = file.length - info.signatureLength;
  const blank = file[end - 1];
  if (blank !== 0 && blank !== 0xff) return;
  let start = end;
  while (start > info.contentOffset && file[start - 1] === blank) start--;
  // Code ends with its memory table; padding to a round address is the most that can follow.
  if (end - start <= (end - info.contentOffset) / 4) return;
  throw failure('PRELOADER_ZEROED', `${fileName} is partly empty: a piece of the preloader is missing.`, [
    `from ${hex(start)} to ${hex(end)} there is nothing but ${hex(blank, 2)}`,
  ]);
}

function readEmi(
  fileName: string,
  file: Uint8Array,
  signatureLength: number,
  problems: PreloaderProblem[],
): EmiTable | undefined {
  try {
    const found = findEmiTable(file, signatureLength);
    if (!found) {
      problems.push({
        code: 'EMI_MISSING',
        message: `${fileName} has no memory settings: a phone caught in BROM mode cannot be served with it.`,
      });
    } else if (found.table.entries.length < found.declaredCount) {
      problems.push({
        code: 'EMI_TRUNCATED',
        message: `The memory settings of ${fileName} are cut off: ${found.table.entries.length} of ${found.declaredCount} entries are there.`,
      });
    }
    return found?.table;
  } catch (error) {
    if (!(error instanceof UnbrickError)) throw error;
    problems.push({ code: error.code, message: [error.message, ...error.evidence].join(' ') });
    return undefined;
  }
}

function projectOf(emi: EmiTable | undefined): string | undefined {
  return emi && /^preloader_(.+)\.bin$/i.exec(emi.fileName)?.[1];
}

/** Names that makers give to any preloader say nothing about where it comes from. */
const GENERIC_NAME = /^preloader(_(emmc|ufs|raw|nand|combo))?$/i;

function checkName(fileName: string, emi: EmiTable | undefined, problems: PreloaderProblem[]): void {
  const own = bareName(fileName);
  const embedded = emi && bareName(emi.fileName);
  if (!embedded || !/^preloader_/i.test(own) || GENERIC_NAME.test(own) || own === embedded) return;
  problems.push({
    code: 'PRELOADER_RENAMED',
    message: `${fileName} was built as ${emi.fileName}: somebody renamed it. Make sure that it belongs to this firmware.`,
  });
}

function bareName(fileName: string): string {
  return fileName.toLowerCase().replace(/\.(bin|img)$/, '');
}

function isBlank(bytes: Uint8Array): boolean {
  const first = bytes[0];
  return first === undefined || ((first === 0 || first === 0xff) && bytes.every((byte) => byte === first));
}

function beginsWith(bytes: Uint8Array, offset: number, wanted: Uint8Array): boolean {
  return wanted.every((byte, i) => bytes[offset + i] === byte);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number, limit: number): number | undefined {
  const first = wanted[0] as number;
  for (let at = bytes.indexOf(first, from); at >= 0 && at < limit; at = bytes.indexOf(first, at + 1)) {
    if (beginsWith(bytes, at, wanted)) return at;
  }
  return undefined;
}

function truncated(fileName: string, evidence: string[]): UnbrickError {
  return failure('PRELOADER_TRUNCATED', `${fileName} is cut off: a piece of the preloader is missing.`, evidence);
}

function failure(code: string, message: string, evidence: string[]): UnbrickError {
  return new UnbrickError({ code, stage: 'firmware', message, evidence, next: [USE_ANOTHER, KEEP_OWN] });
}
