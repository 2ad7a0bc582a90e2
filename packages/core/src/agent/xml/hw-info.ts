import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Region, StorageInfo } from '../../storage/storage.js';
import { ascii, type XmlElement, xmlPath, xmlText } from '../../wire/index.js';
import { invalidReply, replyDocument, replyNumber } from './replies.js';
import { quoted } from './text-channel.js';

const COMMAND = 'GET-HW-INFO';

/**
 * The phone's storage and memory from the text of GET-HW-INFO. See docs/protocol/xml-agent.md, "GET-HW-INFO".
 * @throws UnbrickError `STORAGE_NOT_FOUND`, `STORAGE_UNSUPPORTED`, `AGENT_REPLY_INVALID`
 */
export function storageOfHwInfo(text: string): StorageInfo {
  const root = replyDocument(text, COMMAND);
  const ramSize = replyNumber(root, 'ram_size');
  const storage = storageOf(root, text);
  return ramSize === undefined || ramSize === 0 ? storage : { ...storage, ramSize };
}

/** The battery's voltage in the text of GET-HW-INFO, millivolts; undefined when it does not stand there. */
export function batteryOfHwInfo(text: string): number | undefined {
  return replyNumber(replyDocument(text, COMMAND), 'battery_voltage');
}

function storageOf(root: XmlElement, text: string): StorageInfo {
  const kind = xmlText(root, 'storage') ?? '';
  if (kind === 'EMMC') return emmc(root, text);
  if (kind === 'UFS') return ufs(root, text);
  if (kind === '' || kind === 'NONE' || kind === 'UNKNOWN') throw notFound(text);
  throw new UnbrickError({
    code: 'STORAGE_UNSUPPORTED',
    stage: 'agent',
    message: `The phone has ${kind.slice(0, 20)} storage, which this program does not write through this kind of agent yet.`,
    evidence: [`GET-HW-INFO: ${quoted(text)}`],
    next: ['Use SP Flash Tool for this phone, and tell the project about it.'],
  });
}

function emmc(root: XmlElement, text: string): StorageInfo {
  const info = part(root, 'emmc', text);
  return {
    kind: 'emmc',
    blockSize: blockSize(info, text),
    regions: regions(info, text, 'user', [
      ['boot1', 'boot1_size'],
      ['boot2', 'boot2_size'],
      ['rpmb', 'rpmb_size'],
      ['gp1', 'gp1_size'],
      ['gp2', 'gp2_size'],
      ['gp3', 'gp3_size'],
      ['gp4', 'gp4_size'],
      ['user', 'user_size'],
    ]),
    id: identity(info, 'id'),
  };
}

function ufs(root: XmlElement, text: string): StorageInfo {
  const info = part(root, 'ufs', text);
  const id = identity(info, 'ufs_cid');
  return {
    kind: 'ufs',
    blockSize: blockSize(info, text),
    regions: regions(info, text, 'lu2', [
      ['lu0', 'lua0_size'],
      ['lu1', 'lua1_size'],
      ['lu2', 'lua2_size'],
    ]),
    id: withoutPadding(id.length > 0 ? id : identity(info, 'id')),
  };
}

function part(root: XmlElement, name: string, text: string): XmlElement {
  const found = xmlPath(root, name);
  if (!found) throw invalidReply(COMMAND, text, `there is no <${name}>`);
  return found;
}

/** Region sizes that are not 0; `needed` must be there. */
function regions(
  info: XmlElement,
  text: string,
  needed: Region,
  names: readonly [Region, string][],
): ReadonlyMap<Region, number> {
  const sizes = new Map<Region, number>();
  for (const [region, element] of names) {
    const size = replyNumber(info, element) ?? 0;
    if (size > 0) sizes.set(region, size);
  }
  if (!sizes.has(needed)) throw invalidReply(COMMAND, text, `${needed} has no size`);
  return sizes;
}

function blockSize(info: XmlElement, text: string): number {
  const size = replyNumber(info, 'block_size') ?? 0;
  const powerOfTwo = size > 0 && (size & (size - 1)) === 0;
  if (powerOfTwo && size >= 0x200 && size <= 0x10000) return size;
  throw invalidReply(COMMAND, text, `blocks of ${size} bytes`);
}

/** Bytes as hexadecimal digits; some builds give the characters themselves. */
function identity(info: XmlElement, name: string): Uint8Array {
  const value = xmlText(info, name) ?? '';
  if (/^([0-9a-f]{2})+$/i.test(value)) {
    return Uint8Array.from(value.match(/../g) as string[], (digits) => Number.parseInt(digits, 16));
  }
  return /^[\x20-\x7e]*$/.test(value) ? ascii(value) : new Uint8Array(0);
}

function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end--;
  return bytes.slice(0, end);
}

function notFound(text: string): UnbrickError {
  return new UnbrickError({
    code: 'STORAGE_NOT_FOUND',
    stage: 'agent',
    message: 'The Download Agent found no storage in the phone.',
    evidence: [`GET-HW-INFO: ${quoted(text)}`],
    next: [
      'Disconnect, charge the phone for a while and repeat.',
      'If it stays so, the memory chip does not answer: a repair shop can tell.',
    ],
  });
}
