import type { ProgrammedPort } from '../../frames/testing/programmed-port.fixture.js';
import { argument, type TextDevice, textPort } from './text-device.fixture.js';

/** Errors a test puts into a conversation. */
export interface Troubles {
  /** The chunk of a write that starts at this byte is answered with ERR; CMD:END carries `message`. */
  writeChunk?: { at: number; message: string };
  /** The packet of a read at this byte is not there. */
  readPacket?: { at: number; message: string };
  /** All goes well until CMD:END of the command with this name. */
  atEnd?: { command: string; message: string };
  /** CHK_ADD instead of CHK_NO. */
  checksum?: boolean;
}

/** Stage 2 with a few megabytes of one region, enough to see whole transfers. For tests. */
export interface MemoryPhone {
  port: ProgrammedPort;
  memory: Uint8Array;
  /** One line a command: `WRITE-FLASH UFS-LUA2 0x1000`, `end OK`. */
  seen: string[];
}

export function memoryPhone(size: number, packetLength: number, troubles: Troubles = {}): MemoryPhone {
  const memory = new Uint8Array(size).fill(0xee);
  const seen: string[] = [];
  const port = textPort(async (device) => {
    for (;;) {
      const command = await device.command();
      const name = argument(command, 'command').slice(4);
      const region = /<partition>(.*)<\/partition>/.exec(command)?.[1];
      const offset = Number(/<offset>(.*)<\/offset>/.exec(command)?.[1] ?? 0);
      seen.push([name, region, `0x${offset.toString(16)}`].filter(Boolean).join(' '));
      device.say('OK');
      let failure: string | undefined;
      if (name === 'READ-FLASH') {
        const area = memory.subarray(offset, offset + Number(argument(command, 'length')));
        failure = await giveArea(device, argument(command, 'target_file'), area, packetLength, troubles);
      } else if (name === 'WRITE-FLASH' || name === 'WRITE-PARTITION') {
        const path = argument(command, 'source_file');
        failure = await takeArea(device, name, path, memory, offset, packetLength, troubles);
      } else if (name === 'ERASE-FLASH') {
        const length = Number(argument(command, 'length'));
        const answers = await device.progress('x', 0, 50, 100);
        if (answers.some((answer) => answer !== 'OK')) failure = 'user canceled.';
        else memory.fill(0, offset, offset + length);
      }
      if (troubles.atEnd?.command === name) failure = troubles.atEnd.message;
      seen.push(failure === undefined ? 'end OK' : 'end ERR');
      await device.end(failure === undefined ? 'OK' : 'ERR', failure ?? '');
    }
  });
  return { port, memory, seen };
}

async function takeArea(
  device: TextDevice,
  name: string,
  path: string,
  memory: Uint8Array,
  offset: number,
  packetLength: number,
  troubles: Troubles,
): Promise<string | undefined> {
  if (name === 'WRITE-FLASH') {
    const size = Number((await device.ask('FILE-SIZE', path)).slice(3));
    await device.progress('x', 0, 100);
    memory.fill(0, offset, offset + size);
  } else {
    for (const probe of [`${path}.sig`, `${path}-verified`]) {
      if ((await device.ask('EXISTS', probe)) !== 'OK@NOT-EXISTS') throw new Error('a file that nobody has');
    }
  }
  const total = await device.askForFile(path, packetLength, troubles.checksum ? 'CHK_ADD' : 'CHK_NO');
  for (let done = 0; done < total; ) {
    const announced = await device.takeText();
    if (!announced.startsWith('OK')) {
      device.say('ERR');
      return 'Host notice error or user canceled.\nHost Notify error.';
    }
    device.say('OK');
    const chunk = await device.raw.take();
    if (troubles.checksum && !sumFits(chunk, announced)) {
      device.say('ERR');
      return '';
    }
    if (troubles.writeChunk?.at === done) {
      device.say('ERR');
      return troubles.writeChunk.message;
    }
    memory.set(chunk, offset + done);
    done += chunk.length;
    device.say('OK@0x0');
  }
  return undefined;
}

async function giveArea(
  device: TextDevice,
  path: string,
  area: Uint8Array,
  packetLength: number,
  { readPacket }: Troubles,
): Promise<string | undefined> {
  await device.offerFile(path, area.length, packetLength);
  for (let done = 0; done < area.length; done += packetLength) {
    if (readPacket?.at === done) {
      device.say('ERR');
      return readPacket.message;
    }
    device.say('OK@0x0');
    await device.expect('OK');
    device.raw.give(area.subarray(done, done + packetLength));
    const answer = await device.takeText();
    if (answer !== 'OK') return 'user canceled.';
  }
  return undefined;
}

/** Only 16 bits are compared. */
function sumFits(chunk: Uint8Array, announced: string): boolean {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let sum = 0;
  for (let i = 0; i + 4 <= chunk.length; i += 4) sum += view.getUint32(i, true);
  for (let i = chunk.length & ~3; i < chunk.length; i++) sum += chunk[i] as number;
  return (sum & 0xffff) === (Number(announced.slice(3)) & 0xffff);
}
