import { type VouchedImage, vouchedImages } from '../firmware/avb.js';
import type { FirmwareFacts, ImageFact } from '../firmware/firmware-facts.js';
import { readWhole } from '../firmware/source.js';
import { Sha256Stream } from '../hash.js';
import { hexBytes } from '../wire/index.js';
import type { Finding } from './finding.js';

/** Real vbmeta files have 4 to 64 KiB, padded ones a few MiB. */
const VBMETA_LIMIT = 8 << 20;
const PIECE = 1 << 20;

/**
 * Do the images that are to be written come from one version? The vbmeta among them vouches for others by their SHA-256.
 * Reads those images from the firmware.
 */
export async function checkSet(facts: FirmwareFacts): Promise<Finding[]> {
  const strangers: string[] = [];
  const proven: string[] = [];
  for (const fact of facts.selected) {
    if (!/^vbmeta/i.test(fact.partition.name) || fact.path === undefined || fact.image?.kind !== 'raw') continue;
    if (fact.image.fileSize > VBMETA_LIMIT) continue;
    const file = await readWhole(await facts.package.folder.open(fact.path), VBMETA_LIMIT);
    for (const vouched of vouchedImages(file)) {
      const image = facts.selected.find((each) => baseName(each.partition.name) === vouched.partition.toLowerCase());
      if (!image?.image || image.path === undefined || image.image.kind !== 'raw') continue;
      const found = await hashOf(facts, image, vouched);
      if (found === hexBytes(vouched.digest)) proven.push(image.partition.name);
      else strangers.push(`${image.path}: SHA-256 ${found}; ${fact.path} says ${hexBytes(vouched.digest)}`);
    }
  }
  if (strangers.length > 0) return [mixed(strangers)];
  if (proven.length === 0) return [];
  return [
    {
      severity: 'ok',
      code: 'SET_BELONGS_TOGETHER',
      message: `The images belong together: vbmeta vouches for ${proven.join(', ')}.`,
      evidence: [],
      next: [],
    },
  ];
}

function mixed(evidence: string[]): Finding {
  return {
    severity: 'blocker',
    code: 'MIXED_SET',
    message:
      'The firmware is mixed: its vbmeta belongs to another version of an image. A locked phone would not start.',
    evidence,
    next: [
      'Unpack one complete firmware into a folder of its own.',
      'If you have changed the image on purpose and the phone is unlocked: --force MIXED_SET',
    ],
  };
}

function baseName(partition: string): string {
  return partition.toLowerCase().replace(/_[ab]$/, '');
}

async function hashOf(facts: FirmwareFacts, { path }: ImageFact, { imageSize, salt }: VouchedImage): Promise<string> {
  const source = await facts.package.folder.open(path as string);
  const hash = await Sha256Stream.create();
  hash.update(salt);
  const end = Math.min(imageSize, source.size);
  for (let at = 0; at < end; at += PIECE) hash.update(await source.read(at, Math.min(PIECE, end - at)));
  return hash.digestHex();
}
