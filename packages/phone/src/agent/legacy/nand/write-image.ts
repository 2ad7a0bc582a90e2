import { LegacyByte, LegacyCommand, LegacyError, LegacyRomType, sum16, viewOf } from '@unbrick/core/wire';
import { hang } from '../../../device/wire.js';
import type { NandFlash } from '../../../nand/nand-flash.js';
import { halfword, word } from '../host-line.js';
import { hangOnMadPacketSize, PacketRefused } from '../packets.js';
import { logCommand, type Stage2 } from '../stage2-state.js';
import { BlockWriter } from './block-writer.js';
import type { NandImage } from './image-list.js';
import { nandErrorOf } from './nand-range.js';

/** Types whose whole partition is erased: file systems that want nothing old behind them. */
const FILE_SYSTEMS: readonly number[] = [LegacyRomType.YAFFS_IMG, LegacyRomType.UBI_IMG, LegacyRomType.FTL20_IMG];

/** NAND_WRITE_IMAGE: the enabled images of the list, one after another (protocol section "NAND"). */
export async function writeNandImages(agent: Stage2, flash: NandFlash): Promise<void> {
  const { host } = agent;
  const images = agent.nandImages.filter(({ enabled }) => enabled === LegacyByte.ACK);
  logCommand(agent, LegacyCommand.NAND_WRITE_IMAGE, true, { images: images.length });
  await host.ack();
  const packetSize = await host.u32();
  await hangOnMadPacketSize(host, packetSize);
  await host.ack(); // the boot loader's header is read
  if (!flash.map.found) return host.refuse(LegacyError.DA_BOOTLOADER_NOT_EXIST);
  await host.ack(); // so is the bad-block map
  agent.downloadStatus = 'DL_START';
  const sums: number[] = [];
  for (const image of images) {
    const sum = await writeOne(agent, flash, image, packetSize);
    if (sum === undefined) return;
    sums.push(sum);
  }
  await host.ack();
  const compare = await host.u8();
  await host.ack();
  if (compare === LegacyByte.ACK) {
    for (const sum of sums) {
      if ((await host.u16()) === sum) await host.ack();
      else await host.send(Uint8Array.of(LegacyByte.NACK), halfword(sum));
    }
  }
  agent.downloadStatus = 'DL_DONE';
}

/** @returns the sum over the image, or nothing when it ended early; the host knows then */
async function writeOne(
  agent: Stage2,
  flash: NandFlash,
  image: NandImage,
  usualPacketSize: number,
): Promise<number | undefined> {
  const { host } = agent;
  await host.ack(); // the address is converted
  let packetSize = usualPacketSize;
  if (image.romType === LegacyRomType.YAFFS_IMG) {
    const { pageSize, spareSize } = flash.chip.geometry;
    await host.send(word(pageSize), word(spareSize));
    packetSize = await host.u32();
  } else if (image.romType === LegacyRomType.FTL20_IMG) packetSize = await host.u32();
  await hangOnMadPacketSize(host, packetSize);

  const form = image.romType === LegacyRomType.YAFFS_IMG ? 'page-and-spare' : 'page';
  const writer = new BlockWriter(flash, image.begin, 'logical', form);
  let total = 0;
  try {
    if (FILE_SYSTEMS.includes(image.romType)) await eraseAll(flash, image);
    for (let rest = image.end - image.begin + 1; rest > 0; ) {
      const size = Math.min(packetSize, rest);
      const packet = await host.wire.read(size + 2);
      const data = packet.subarray(0, size);
      const sum = sum16(data);
      if (sum !== viewOf(packet).getUint16(size)) {
        if (!(await askAgain(agent))) return undefined;
        continue;
      }
      const planned = host.answers.word();
      if (planned !== undefined) throw new PacketRefused(planned);
      await writer.put(data);
      rest -= size;
      if (rest === 0) await writer.finish();
      total = (total + sum) & 0xffff;
      await host.sendByte(LegacyByte.CONT);
    }
    return total;
  } catch (fault) {
    await host.refuse(fault instanceof PacketRefused ? fault.errorWord : nandErrorOf(fault));
    return undefined;
  }
}

/** A damaged packet: what has come is thrown away, and the host sends the packet again or stops. */
async function askAgain({ host }: Stage2): Promise<boolean> {
  await host.refuse(LegacyError.DA_DATA_CHECKSUM_ERROR);
  await host.ack();
  const answer = await host.u8();
  if (answer !== LegacyByte.CONT && answer !== LegacyByte.NACK) await hang(host.wire);
  return answer === LegacyByte.CONT;
}

async function eraseAll(flash: NandFlash, { begin, partitionLength }: NandImage): Promise<void> {
  const end = Math.min(begin + partitionLength, flash.size);
  for (let at = begin; at < end; at += flash.blockSize) await flash.erase(at / flash.blockSize);
}
