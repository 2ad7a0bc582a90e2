import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findProfile } from '../../profiles/profiles.js';
import { difference, pattern } from '../../testing/bytes.fixture.js';
import { Host } from './testing/host.js';
import { PhoneUnderTest } from './testing/phone-under-test.js';

const recording = (name: string) =>
  readFileSync(new URL(`./testing/genuine-host-${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

const commandsOf = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('> "<?xml')).map((line) => JSON.parse(line.slice(2)) as string);

/**
 * The dialogue without what is the phone's own: how it tells its progress, and the sizes and contents of files it makes.
 * The phone of the recordings erased without telling; real agents report the erase before a write.
 */
function structure(lines: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line === '< CMD:PROGRESS-REPORT') {
      while (lines[i] !== '< OK!EOT') i++;
      i++;
    } else if (/^< OK@0x/.test(line)) kept.push('< OK@total');
    else if (/^< \d+ bytes/.test(line)) kept.push('< bytes in chunks');
    else kept.push(line);
  }
  return kept;
}

/** Files by the names that the genuine hosts gave; their contents were not recorded, their sizes were. */
function genuineFiles(host: Host, commands: readonly string[]): void {
  for (const text of commands) {
    const path = /<source_file>(.*)<\/source_file>/.exec(text)?.[1];
    if (path === undefined) continue;
    const size = /^MEM:\/\/0x[0-9a-f]+:(0x[0-9a-f]+)$/.exec(path)?.[1] ?? '0x30040';
    host.files.set(path, pattern(Number(size)));
  }
}

async function play(name: string, bootedBy: 'brom' | 'preloader') {
  const lines = recording(name);
  const commands = commandsOf(lines);
  const profile = findProfile('mt6855-emmc');
  const xml = {
    ...(profile.agent.xml as NonNullable<typeof profile.agent.xml>),
    hostSupportedCommands: 'both' as const,
  };
  const phone = await PhoneUnderTest.start({
    profile: { ...profile, agent: { ...profile.agent, xml: { ...xml, higherUsbSpeed: false } } },
    bootedBy,
  });
  const host = new Host(phone);
  genuineFiles(host, commands);
  const results: string[] = [];
  for (const command of commands) results.push((await host.command(command)).result);
  return { lines, commands, phone, host, results };
}

describe('the dialogue of a genuine host', () => {
  it('runs from BROM through information, reading, writing and erasing to the reboot (6.2228)', async () => {
    const { lines, phone, host, results, commands } = await play('6.2228-brom', 'brom');
    expect(results).toEqual(commands.map(() => 'OK'));
    expect(structure(host.dialogue)).toEqual(structure(lines));
    expect(await phone.frame()).toBeUndefined();
    expect(phone.left).toBe('boot');
    const written = host.files.get('/home/user/flash_tool_6/out/write.in') as Uint8Array;
    const stored = await phone.storage.read('user', 0x100000, written.length);
    expect(difference(stored, written)).toBeUndefined();
  });

  it('runs from a preloader up to a stage 2 that is ready (6.2228)', async () => {
    const { lines, phone, host, results, commands } = await play('6.2228-preloader', 'preloader');
    expect(results).toEqual(commands.map(() => 'OK'));
    // The recording goes on with a CMD:START; so does the phone.
    const start = await phone.text();
    expect(start).toContain('CMD:START');
    expect(structure([...host.dialogue, '< CMD:START'])).toEqual(structure(lines));
  });

  it('runs with the commands that older hosts ask for beside (6.2208)', async () => {
    const { lines, host, results, commands } = await play('6.2208-brom', 'brom');
    const usb = commands.findIndex((text) => text.includes('CAN-HIGHER-USB-SPEED'));
    expect(results).toEqual(commands.map((_, i) => (i === usb ? 'ERR!UNSUPPORTED' : 'OK')));
    // This build cannot change its USB speed, which hosts take for a no; the phone of the recording sent its answer.
    const rounds = (all: string[]) => all.join('\n').split(/(?=^< CMD:START$)/m);
    const [ours, theirs] = [rounds(structure(host.dialogue)), rounds(structure(lines))];
    expect(ours[usb]).toContain('< ERR!UNSUPPORTED\n< CMD:END\n> "OK"');
    expect(ours.toSpliced(usb, 1)).toEqual(theirs.toSpliced(usb, 1));
  });
});
