/** A host that answers as the genuine ones do. Keeps the dialogue, so that it can be compared with theirs. */
import { readXml, xmlPath, xmlText } from '@unbrick/core/wire';

/** What the host needs of a phone. */
export interface FarEnd {
  sendText(text: string): void;
  sendData(payload: Uint8Array): void;
  text(): Promise<string>;
  data(): Promise<Uint8Array>;
}

/** How one command ended. */
export interface Outcome {
  result: string;
  message: string;
  /** Requests of the phone in order: `DOWNLOAD-FILE boot`, `EXISTS /fw/boot.sig`. */
  requests: string[];
}

/** Departures from what a host should do. */
export interface Misbehaviour {
  /** Answer to DOWNLOAD-FILE instead of OK. */
  refuseDownload?: string;
  /** Announcement of this chunk (from 0) instead of its checksum. */
  announce?: { chunk: number; text: string };
  /** Answer to the first progress line. */
  progress?: string;
  /** Answer to each uploaded chunk. */
  uploaded?: string;
}

export class Host {
  readonly dialogue: string[] = [];
  /** The host's files: what it sends, and what it has been sent. */
  readonly files = new Map<string, Uint8Array>();
  readonly folders = new Set<string>();
  misbehaviour: Misbehaviour = {};

  constructor(private readonly phone: FarEnd) {}

  /** One round, from CMD:START to the acknowledged CMD:END. */
  async command(text: string): Promise<Outcome> {
    this.#expect(await this.#receive(), 'CMD:START');
    this.#send('OK');
    this.#send(text);
    const accepted = await this.#receive();
    const requests: string[] = [];
    if (accepted !== 'OK' && accepted !== 'ERR!UNSUPPORTED') throw new Error(`a command was answered ${accepted}`);
    for (;;) {
      const request = await this.#receive();
      const root = readXml(request);
      const arg = (name: string) => xmlText(root, 'arg', name) ?? '';
      switch (xmlText(root, 'command')) {
        case 'CMD:END':
          this.#send('OK');
          return { result: arg('result'), message: xmlPath(root, 'arg', 'message')?.text ?? '', requests };
        case 'CMD:DOWNLOAD-FILE':
          requests.push(`DOWNLOAD-FILE ${arg('info')}`);
          await this.#download(arg('source_file'), Number(arg('packet_length')), arg('checksum'));
          break;
        case 'CMD:UPLOAD-FILE':
          requests.push(`UPLOAD-FILE ${arg('info')}`);
          await this.#upload(arg('target_file'));
          break;
        case 'CMD:FILE-SYS-OPERATION':
          requests.push(`${arg('key')} ${arg('file_path')}`);
          this.#send('OK');
          this.#send(this.#fileSystem(arg('key'), arg('file_path')));
          break;
        case 'CMD:PROGRESS-REPORT':
          requests.push(`PROGRESS-REPORT ${arg('message')}`);
          await this.#progress();
          break;
        default:
          throw new Error(`the phone asks for ${request}`);
      }
    }
  }

  async #download(path: string, packet: number, checksum: string): Promise<void> {
    const { refuseDownload, announce } = this.misbehaviour;
    if (refuseDownload !== undefined) return this.#send(refuseDownload);
    const file = this.#file(path);
    this.#send('OK');
    this.#send(`OK@0x${file.length.toString(16)}`);
    if ((await this.#receive()) !== 'OK') return;
    let done = 0;
    for (let chunk = 0; done < file.length; chunk++) {
      const part = file.subarray(done, done + packet);
      const sum = checksum === 'CHK_ADD' ? wordSum(part) : 0;
      const text = announce?.chunk === chunk ? announce.text : `OK@0x${sum.toString(16)}`;
      this.phone.sendText(text);
      if (!(await this.phone.text()).startsWith('OK')) return;
      this.phone.sendData(part);
      if (!(await this.phone.text()).startsWith('OK')) return;
      done += part.length;
    }
    if (done > 0) this.dialogue.push(`> ${done} bytes in chunks`);
  }

  async #upload(path: string): Promise<void> {
    const { uploaded = 'OK' } = this.misbehaviour;
    this.#send('OK');
    const total = Number((await this.#receive()).split('@')[1]);
    this.#send('OK');
    const file = new Uint8Array(total);
    for (let done = 0; done < total; ) {
      if (!(await this.phone.text()).startsWith('OK')) return;
      this.phone.sendText('OK');
      const part = await this.phone.data();
      file.set(part, done);
      done += part.length;
      this.phone.sendText(uploaded);
      if (uploaded !== 'OK') return;
    }
    if (total > 0) this.dialogue.push(`< ${total} bytes in chunks`);
    this.files.set(path, file);
  }

  async #progress(): Promise<void> {
    const { progress = 'OK' } = this.misbehaviour;
    this.#send('OK');
    for (;;) {
      const line = await this.#receive();
      this.#send(line.startsWith('OK!PROGRESS') ? progress : 'OK');
      if (line === 'OK!EOT') return;
    }
  }

  #fileSystem(key: string, path: string): string {
    const present = this.files.has(path) || this.folders.has(path);
    switch (key) {
      case 'FILE-SIZE':
        return this.files.has(path) ? `OK@0x${this.#file(path).length.toString(16)}` : 'ERR';
      case 'EXISTS':
        return present ? 'OK@EXISTS' : 'OK@NOT-EXISTS';
      case 'MKDIR':
        this.folders.add(path);
        return 'OK';
      case 'REMOVE-ALL':
        this.folders.delete(path);
        for (const name of [...this.files.keys()]) if (name.startsWith(`${path}/`)) this.files.delete(name);
        return 'OK';
      default:
        return 'ERR!UNSUPPORTED';
    }
  }

  #file(path: string): Uint8Array {
    const file = this.files.get(path);
    if (!file) throw new Error(`the host has no file ${path}`);
    return file;
  }

  #send(text: string): void {
    this.dialogue.push(`> ${JSON.stringify(text)}`);
    this.phone.sendText(text);
  }

  async #receive(): Promise<string> {
    const text = await this.phone.text();
    const command = /<command>(CMD:[A-Z-]+)<\/command>/.exec(text)?.[1];
    this.dialogue.push(`< ${command ?? text}`);
    return text;
  }

  #expect(text: string, command: string): void {
    if (xmlText(readXml(text), 'command') !== command) throw new Error(`${command} was due, this came: ${text}`);
  }
}

/** A command on one line, as the genuine library writes it. */
export function command(name: string, args: Readonly<Record<string, string>> = {}, version = '1.0'): string {
  const inner = Object.entries(args).map(([key, value]) => `<${key}>${value}</${key}>`);
  return (
    `<?xml version="1.0" encoding="utf-8"?><da><version>${version}</version><command>CMD:${name}</command>` +
    `<arg>${inner.join('')}</arg></da>`
  );
}

function wordSum(part: Uint8Array): number {
  const words = part.length & ~3;
  const view = new DataView(part.buffer, part.byteOffset, part.length);
  let sum = 0;
  for (let at = 0; at < words; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0;
  for (let at = words; at < part.length; at++) sum = (sum + (part[at] as number)) >>> 0;
  return sum;
}
