import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Another program that has a device open. */
export interface PortHolder {
  processId: number;
  /** `ModemManager` */
  name: string;
}

/**
 * The programs other than this one that have a device file open, on Linux. A program of another user is only found by root;
 * elsewhere nobody is found.
 */
export async function portHolders(path: string, procRoot = '/proc'): Promise<PortHolder[]> {
  const processes = (await readdir(procRoot).catch(() => [])).filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  const found = await Promise.all(
    processes.map(async (id) => {
      const folder = join(procRoot, id, 'fd');
      const open = await readdir(folder).catch(() => []);
      const targets = await Promise.all(open.map((fd) => readlink(join(folder, fd)).catch(() => '')));
      if (!targets.includes(path)) return [];
      const name = await readFile(join(procRoot, id, 'comm'), 'utf8').catch(() => 'unknown');
      return [{ processId: Number(id), name: name.trim() }];
    }),
  );
  return found.flat();
}

/** Programs that open every new serial device. */
const GRABBERS = new Set(['ModemManager', 'brltty']);

/** Running programs that are known to open every new serial device; they run as root, so that others do not see what they hold. */
export async function runningGrabbers(procRoot = '/proc'): Promise<PortHolder[]> {
  const processes = (await readdir(procRoot).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const running = await Promise.all(
    processes.map(async (id) => {
      const name = (await readFile(join(procRoot, id, 'comm'), 'utf8').catch(() => '')).trim();
      return GRABBERS.has(name) ? [{ processId: Number(id), name }] : [];
    }),
  );
  return running.flat();
}

/** `ModemManager (process 812)` */
export function holderText({ name, processId }: PortHolder): string {
  return `${name} (process ${processId})`;
}
