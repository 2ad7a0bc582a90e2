import { readFileSync } from 'node:fs';
import type { Port } from '@unbrick/core';
import { concat, XFLASH_MAGIC, XflashFrameHeader, XflashFrameType } from '@unbrick/core/wire';
import { afterEach, expect, it } from 'vitest';
import type { BootMode, VirtualPhone } from '../../phone.js';
import { findProfile } from '../../profiles/profiles.js';
import { pattern } from '../../testing/bytes.fixture.js';
import { replay } from '../../testing/replay.fixture.js';
import { testPhone } from '../../testing/test-phone.fixture.js';
import { xmlAgentFirmware } from './firmware.js';
import { type FarEnd, Host } from './testing/host.js';

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** Frames over a port. */
class FramedPort implements FarEnd {
  #buffer: Uint8Array = new Uint8Array(0);
  #sending: Promise<void> = Promise.resolve();

  constructor(private readonly port: Port) {}

  sendText(text: string): void {
    this.sendData(new TextEncoder().encode(`${text}\0`));
  }

  sendData(payload: Uint8Array): void {
    const header = { magic: XFLASH_MAGIC, type: XflashFrameType.PROTOCOL, length: payload.length };
    // Header and payload apart, as the genuine hosts send them.
    this.#sending = this.#sending
      .then(() => this.port.send(XflashFrameHeader.build(header)))
      .then(() => this.port.send(payload));
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.data()).replace(/\0$/, '');
  }

  async data(): Promise<Uint8Array> {
    await this.#sending;
    const { length } = XflashFrameHeader.parse(await this.#take(XflashFrameHeader.size));
    return this.#take(length);
  }

  async #take(count: number): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(10_000);
    while (this.#buffer.length < count) {
      const more = await this.port.receive(signal);
      if (more === null) throw new Error('the phone has left');
      this.#buffer = concat(this.#buffer, more);
    }
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }
}

it.each<[BootMode, string, string]>([
  ['brom', 'mt6895-genuine-host-v6', '6.2228-brom'],
  ['preloader', 'mt6895-genuine-host-v6-preloader', '6.2228-preloader'],
])('a genuine host gets through from plugging in to the end, from %s', async (mode, transcript, dialogue) => {
  const base = findProfile('mt6855-emmc');
  const profile = {
    ...base,
    hwCode: 0x1172,
    bootRom: { ...base.bootRom, meId: '000102030405060708090a0b0c0d0e0f' },
  };
  const { phone, plugIn } = testPhone(profile, { mode, agent: xmlAgentFirmware });
  phones.push(phone);
  const line = await plugIn();
  if (mode === 'preloader') await line.preloaderHandshake();
  await replay(line, read(`../../bootrom/transcripts/${transcript}.txt`));

  const host = new Host(new FramedPort(line.port));
  host.files.set('/home/user/flash_tool_6/out/write.in', pattern(0x30040));
  const commands = [...read(`./testing/genuine-host-${dialogue}.txt`).matchAll(/^> ("<\?xml.*)$/gm)];
  for (const [, text = ''] of commands) {
    const command = JSON.parse(text) as string;
    const stage2 = /<source_file>(MEM:\/\/\S+:0x51114)</.exec(command)?.[1];
    if (stage2) host.files.set(stage2, pattern(0x51114));
    expect(await host.command(command)).toMatchObject({ result: 'OK', message: '' });
  }
  // The reboot takes it off the bus.
  if (mode === 'brom') expect(await line.port.receive(AbortSignal.timeout(10_000))).toBeNull();
});
