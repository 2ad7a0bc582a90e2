import {
  LEGACY_NAND_MAX_IMAGES,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyNandError,
  LegacyNandImage,
  LegacyNandImageListCounts,
  LegacyNandImageListHead,
  LegacyRomType,
} from '@unbrick/core/wire';
import type { NandFlash } from '../../../nand/nand-flash.js';
import { logCommand, type Stage2 } from '../stage2-state.js';
import { checkNandRange } from './nand-range.js';

/** An announced image. Addresses in bytes. */
export type NandImage = ReturnType<typeof LegacyNandImage.parse>;

/** The images of this type have one more word. */
const HAS_EXTRA_WORD: readonly number[] = [LegacyRomType.FTL20_IMG];

/** NAND_IMAGE_LIST: which images NAND_WRITE_IMAGE will bring, each checked against the chip. */
export async function receiveImageList(agent: Stage2, flash: NandFlash): Promise<void> {
  const { host } = agent;
  const { fota } = await host.layout(LegacyNandImageListHead);
  const counts = await host.layout(LegacyNandImageListCounts);
  logCommand(agent, LegacyCommand.NAND_IMAGE_LIST, false, { images: counts.imageCount });
  if (counts.imageCount > LEGACY_NAND_MAX_IMAGES) return host.refuse(LegacyError.DA_EXCEED_MAX_PARTITION_COUNT);
  await host.ack();
  const images: NandImage[] = [];
  for (let i = 0; i < counts.imageCount; i++) {
    const image = await host.layout(LegacyNandImage, ['partitionLength']);
    if (HAS_EXTRA_WORD.includes(image.romType)) await host.u32();
    const refusal = image.enabled === LegacyByte.ACK ? refuse(flash, image) : undefined;
    if (refusal !== undefined) return host.refuse(refusal);
    images.push(image);
    await host.ack();
  }
  if (fota !== LegacyByte.ACK) {
    await host.u8();
    await host.ack();
  }
  agent.nandImages = images;
}

function refuse(flash: NandFlash, { begin, end, maxSize }: NandImage): number | undefined {
  const length = end - begin + 1;
  const range = checkNandRange(flash, { address: begin, length, addressing: 'logical' }, flash.blockSize);
  if (typeof range === 'number') return range;
  return maxSize > 0 && length > maxSize ? LegacyNandError.IMAGE_EXCEEDS_MAX : undefined;
}
