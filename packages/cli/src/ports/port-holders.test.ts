import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holderText, portHolders, runningGrabbers } from './port-holders.js';

it('finds the programs that have a device open', async () => {
  const proc = mkdtempSync(join(tmpdir(), 'proc-'));
  const running = (id: string, name: string, ...files: string[]) => {
    mkdirSync(join(proc, id, 'fd'), { recursive: true });
    writeFileSync(join(proc, id, 'comm'), `${name}\n`);
    for (const [fd, file] of files.entries()) symlinkSync(file, join(proc, id, 'fd', String(fd)));
  };
  running('812', 'ModemManager', 'socket:[1]', '/dev/ttyACM0');
  running('900', 'bash', '/dev/tty1');
  running(String(process.pid), 'node', '/dev/ttyACM0');
  mkdirSync(join(proc, '901'));
  const holders = await portHolders('/dev/ttyACM0', proc);
  expect(holders.map(holderText)).toEqual(['ModemManager (process 812)']);
  expect((await runningGrabbers(proc)).map(holderText)).toEqual(['ModemManager (process 812)']);
  expect(await portHolders('/dev/ttyACM0', join(proc, 'none'))).toEqual([]);
  rmSync(proc, { recursive: true });
});
