import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';

/** What the doctor may look at. Tests give it recorded answers of real systems. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the user, and whether it is the administrator. */
  readonly user: { name: string; root: boolean };
  /** Text of a file; undefined when it cannot be read. */
  read(path: string): string | undefined;
  /** Names in a folder; empty when it cannot be read. */
  list(path: string): string[];
  /** Where a link leads; undefined for anything else. */
  link(path: string): string | undefined;
  /** Whether this user may read and write the file; undefined when it does not exist. */
  mayOpen(path: string): boolean | undefined;
  /** Output of a program that only looks; undefined when it is not there, fails, or takes longer than it may. */
  ask(program: string, args: readonly string[]): Promise<string | undefined>;
}

/** Windows' PowerShell takes seconds to start. */
const ASK_TIMEOUT_MS = 20_000;
const LARGEST_ANSWER = 16 << 20;

/** The computer this program runs on. */
export function thisSystem(): System {
  const { username } = userInfo();
  return {
    platform: process.platform,
    env: process.env,
    user: { name: username, root: process.getuid?.() === 0 },
    read: (path) => quietly(() => readFileSync(path, 'utf8')),
    list: (path) => quietly(() => readdirSync(path)) ?? [],
    link: (path) => quietly(() => readlinkSync(path)),
    mayOpen: (path) => {
      if (!quietly(() => accessSync(path, constants.F_OK) ?? true)) return undefined;
      return quietly(() => accessSync(path, constants.R_OK | constants.W_OK) ?? true) ?? false;
    },
    ask: (program, args) =>
      new Promise((resolve) => {
        execFile(program, args, { timeout: ASK_TIMEOUT_MS, maxBuffer: LARGEST_ANSWER }, (error, stdout) =>
          resolve(error ? undefined : stdout),
        );
      }),
  };
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
