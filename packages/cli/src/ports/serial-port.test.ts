import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Link } from '@unbrick/core';
import { afterEach, describe, expect, it } from 'vitest';
import { openSerialPort, serialSource } from './serial-port.js';

const forever = new AbortController().signal;
/** script(1) of util-linux makes pseudo-terminals: the cheapest serial device there is. */
const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A pseudo-terminal: what is written to `far.stdin` arrives at the device `path`, and the reverse at `far.stdout`. */
async function pseudoTerminal() {
  const far = spawn('script', ['-qfc', 'stty raw -echo; tty; exec sleep 30', '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  children.push(far);
  const [line] = await once(far.stdout, 'data');
  return { far, path: String(line).trim() };
}

describe.runIf(hasScript)('SerialPort on a pseudo-terminal', () => {
  it('carries every byte value both ways', async () => {
    const { far, path } = await pseudoTerminal();
    const port = await openSerialPort(path);
    expect(port.name).toBe(`serial:${path}`);
    const link = new Link(port);
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const arrived = once(far.stdout, 'data');
    await link.write(all);
    let [bytes] = await arrived;
    while (bytes.length < 256) bytes = Buffer.concat([bytes, (await once(far.stdout, 'data'))[0]]);
    expect([...bytes]).toEqual([...all]);
    far.stdin.write(all);
    expect([...(await link.read(256, { timeoutMs: 5000, what: 'the bytes' }))]).toEqual([...all]);
    await port.close();
  });

  it('ends a receive when it is closed', async () => {
    const { path } = await pseudoTerminal();
    const port = await openSerialPort(path);
    const receiving = port.receive();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await port.close();
    expect(await receiving).toBeNull();
    await port.close();
  });

  it('keeps bytes that come after a receive was aborted', async () => {
    const { far, path } = await pseudoTerminal();
    const port = await openSerialPort(path);
    const stop = new AbortController();
    const receiving = port.receive(stop.signal);
    stop.abort(new Error('stop'));
    await expect(receiving).rejects.toThrow('stop');
    far.stdin.write(Uint8Array.of(1));
    expect([...((await port.receive()) ?? [])]).toEqual([1]);
    await port.close();
  });

  it('says that the device went away, also to a receive that comes afterwards', async () => {
    const { far, path } = await pseudoTerminal();
    const port = await openSerialPort(path);
    const receiving = port.receive();
    far.kill('SIGKILL');
    expect(await receiving).toBeNull();
    expect(await port.receive()).toBeNull();
    await port.close();
  });

  it('does not share the device', async () => {
    const { path } = await pseudoTerminal();
    const port = await openSerialPort(path);
    await expect(openSerialPort(path)).rejects.toMatchObject({ code: 'PORT_BUSY', stage: 'connect' });
    await port.close();
  });

  it('is opened by its source as soon as the device is there', async () => {
    const { path } = await pseudoTerminal();
    const port = await serialSource(path).open(forever);
    await port.close();
  });
});

describe('serialSource', () => {
  it('waits for a device that is not there, until it is stopped', async () => {
    const stop = new AbortController();
    const opening = serialSource('/dev/ttyACM-none').open(stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(opening).rejects.toThrow('enough');
  });

  it.runIf(process.platform === 'linux')('explains a file that is no serial device', async () => {
    await expect(openSerialPort('/dev/null')).rejects.toMatchObject({ code: 'PORT_FAILED', stage: 'connect' });
  });
});
