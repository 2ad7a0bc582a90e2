import { sum16 } from '../../../wire/index.js';
import { type Device, ProgrammedPort } from '../../frames/testing/programmed-port.fixture.js';

const WRITE_DATA = 0x010004;
const READ_DATA = 0x010005;
const FORMAT = 0x010003;
const DEVICE_CTRL = 0x010009;
const ABORT = 0xc0010002;

/** Errors a test puts into a conversation: what to answer instead of "fine" when that many bytes are done. */
export interface Troubles {
  /** Status and final status of the write chunk that starts at this byte. */
  writeChunk?: { at: number; statuses: [number, number] };
  /** Status and final status in the place of the read packet that starts at this byte. */
  readPacket?: { at: number; statuses: [number, number] };
  writeFinal?: number;
}

/** Stage 2 with a few megabytes of user area, enough to see whole transfers. For tests. */
export class MemoryPhone extends ProgrammedPort {
  /** One line a command: `write 0x200+1024`, `abort`. */
  readonly seen: string[];
  readonly memory: Uint8Array;

  constructor(size: number, readPacketLength: number, troubles: Troubles = {}) {
    const memory = new Uint8Array(size);
    const seen: string[] = [];
    super(async (device) => {
      for (;;) {
        const command = await device.takeWord();
        device.giveWord(0);
        if (command === DEVICE_CTRL) {
          await device.takeWord();
          device.giveWord(0, 0);
          seen.push('control');
          continue;
        }
        const block = await device.take();
        const view = new DataView(block.buffer, block.byteOffset);
        const start = Number(view.getBigUint64(8, true));
        const length = Number(view.getBigUint64(16, true));
        device.giveWord(0);
        if (command === WRITE_DATA) {
          seen.push(`write 0x${start.toString(16)}+${length}`);
          seen.push(await takeChunks(device, memory.subarray(start, start + length), troubles));
        } else if (command === READ_DATA) {
          seen.push(`read 0x${start.toString(16)}+${length}`);
          seen.push(await givePackets(device, memory.subarray(start, start + length), readPacketLength, troubles));
        } else if (command === FORMAT) {
          seen.push(`erase 0x${start.toString(16)}+${length}`);
          memory.fill(0, start, start + length);
          device.giveWord(0x40040004, 100);
          await device.takeWord();
          device.giveWord(0x40040005);
        }
      }
    });
    this.memory = memory;
    this.seen = seen;
  }
}

async function takeChunks(
  device: Device,
  target: Uint8Array,
  { writeChunk, writeFinal = 0 }: Troubles,
): Promise<string> {
  for (let done = 0; done < target.length; ) {
    const goOn = await device.takeWord();
    if (goOn !== 0) {
      device.giveWord(goOn);
      return goOn === ABORT ? 'abort' : 'unsafe cancel';
    }
    const checksum = await device.takeWord();
    const chunk = await device.take();
    if (checksum !== sum16(chunk)) throw new Error('wrong checksum');
    if (writeChunk?.at === done) {
      device.giveWord(...writeChunk.statuses);
      return 'write error';
    }
    target.set(chunk, done);
    done += chunk.length;
    device.giveWord(0);
  }
  device.giveWord(writeFinal);
  return 'write end';
}

async function givePackets(
  device: Device,
  source: Uint8Array,
  packetLength: number,
  { readPacket }: Troubles,
): Promise<string> {
  for (let done = 0; done < source.length; ) {
    if (readPacket?.at === done) {
      device.giveWord(...readPacket.statuses);
      return 'read error';
    }
    device.giveWord(0);
    const packet = source.subarray(done, done + packetLength);
    device.give(packet);
    const ack = await device.takeWord();
    if (ack !== 0) {
      device.giveWord(ack);
      return ack === ABORT ? 'abort' : 'unsafe cancel';
    }
    done += packet.length;
  }
  device.giveWord(0);
  return 'read end';
}
