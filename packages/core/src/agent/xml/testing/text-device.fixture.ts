import { type Device, ProgrammedPort } from '../../frames/testing/programmed-port.fixture.js';
import { withNul } from './talk.fixture.js';

const HEAD = '<?xml version="1.0" encoding="utf-8"?><host><version>1.0</version>';

/** A little device program that speaks texts. For tests of the host; made without the code under test. */
export interface TextDevice {
  readonly raw: Device;
  takeText(): Promise<string>;
  /** Takes a text that must be the one given. */
  expect(text: string): Promise<void>;
  say(...texts: string[]): void;
  /** CMD:START, its acknowledgement, and the command that follows. */
  command(): Promise<string>;
  /** CMD:END and its acknowledgement. */
  end(result?: string, message?: string): Promise<void>;
  /** DOWNLOAD-FILE to the total's acknowledgement; gives the total. */
  askForFile(path: string, packetLength: number, checksum?: string): Promise<number>;
  /** UPLOAD-FILE to the total's acknowledgement. */
  offerFile(path: string, total: number, packetLength: number): Promise<void>;
  /** One chunk of a download with its answer. */
  takeChunk(answer?: string): Promise<{ announced: string; bytes: Uint8Array }>;
  /** A whole file to the host. */
  giveFile(path: string, bytes: Uint8Array, packetLength?: number): Promise<void>;
  progress(message: string, ...percents: (number | string)[]): Promise<string[]>;
  ask(key: string, path: string): Promise<string>;
}

export function textPort(program: (device: TextDevice) => Promise<void>): ProgrammedPort {
  return new ProgrammedPort((raw) => program(textDevice(raw)));
}

/** What stands in an element of a command. */
export function argument(command: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(command)?.[1];
  if (found === undefined) throw new Error(`no <${name}> in ${command}`);
  return found;
}

function textDevice(raw: Device): TextDevice {
  const takeText = async () => {
    const bytes = await raw.take();
    if (bytes.at(-1) !== 0) throw new Error('a text without its NUL');
    return new TextDecoder().decode(bytes.subarray(0, -1));
  };
  const say = (...texts: string[]) => {
    for (const text of texts) raw.give(withNul(text));
  };
  const expect = async (text: string) => {
    const got = await takeText();
    if (got !== text) throw new Error(`the host said ${got} instead of ${text}`);
  };
  const request = (command: string, arg: string) =>
    say(`${HEAD}<command>CMD:${command}</command><arg>${arg}</arg></host>`);
  const device: TextDevice = {
    raw,
    takeText,
    expect,
    say,
    command: async () => {
      say(`${HEAD}<command>CMD:START</command></host>`);
      await expect('OK');
      return takeText();
    },
    end: async (result = 'OK', message = '') => {
      request('END', `<result>${result}</result><message>${message}</message>`);
      await expect('OK');
    },
    askForFile: async (path, packetLength, checksum = 'CHK_NO') => {
      const size = `<packet_length>0x${packetLength.toString(16)}</packet_length>`;
      request(
        'DOWNLOAD-FILE',
        `<checksum>${checksum}</checksum><info>x</info><source_file>${path}</source_file>${size}`,
      );
      await expect('OK');
      const total = await takeText();
      say('OK');
      return Number(total.slice(3));
    },
    offerFile: async (path, total, packetLength) => {
      const size = `<packet_length>0x${packetLength.toString(16)}</packet_length>`;
      request('UPLOAD-FILE', `<checksum>CHK_NO</checksum><info>x</info><target_file>${path}</target_file>${size}`);
      await expect('OK');
      say(`OK@0x${total.toString(16)}`);
      await expect('OK');
    },
    takeChunk: async (answer = 'OK@0x0') => {
      const announced = await takeText();
      say('OK');
      const bytes = await raw.take();
      say(answer);
      return { announced, bytes };
    },
    giveFile: async (path, bytes, packetLength = 0x80000) => {
      await device.offerFile(path, bytes.length, packetLength);
      for (let done = 0; done < bytes.length; done += packetLength) {
        say('OK');
        await expect('OK');
        raw.give(bytes.subarray(done, done + packetLength));
        await expect('OK');
      }
    },
    progress: async (message, ...percents) => {
      request('PROGRESS-REPORT', `<message>${message}</message>`);
      await expect('OK');
      const answers: string[] = [];
      for (const percent of percents) {
        say(typeof percent === 'string' ? percent : `OK!PROGRESS@${percent}@`);
        answers.push(await takeText());
      }
      say('OK!EOT');
      await expect('OK');
      return answers;
    },
    ask: async (key, path) => {
      request('FILE-SYS-OPERATION', `<key>${key}</key><file_path>${path}</file_path>`);
      await expect('OK');
      return takeText();
    },
  };
  return device;
}
