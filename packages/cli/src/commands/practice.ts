import { readFile } from 'node:fs/promises';
import { UnbrickError } from '@unbrick/core';
import { ProfileError } from '@unbrick/phone';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { openDiskFile } from '../files/disk-file.js';
import { makeFolder } from '../files/make-folder.js';
import { chooseRenderer, showError } from './session.js';

/** `unbrick practice`: a firmware folder that fits a virtual phone. */
export async function practiceCommand(folder: string, options: { profile: string; signKey?: string }): Promise<number> {
  const renderer = chooseRenderer(false);
  try {
    const key = options.signKey === undefined ? undefined : await textOf(options.signKey);
    await makeFolder(folder);
    const files = await writePracticeFirmware(await loadProfile(options.profile), folder, key);
    renderer.say(`${folder}: a firmware for the virtual phone ${options.profile}`);
    for (const file of files) renderer.say(`  ${file}`);
    return ExitCode.DONE;
  } catch (cause) {
    return exitCodeOf(showError(explained(cause, folder), renderer));
  }
}

async function textOf(path: string): Promise<string> {
  await openDiskFile(path);
  return readFile(path, 'utf8');
}

/** Mistakes of the user that come as other kinds of errors. */
function explained(cause: unknown, folder: string): unknown {
  const usage = (message: string, next: string) =>
    new UnbrickError({ code: 'USAGE', stage: 'usage', message, next: [next] });
  if (cause instanceof ProfileError) return usage(cause.message, 'unbrick phone --list');
  if (cause instanceof RangeError) {
    return usage(
      cause.message,
      'Give --sign-key a file with an RSA private key of 2048 bits: openssl genrsa -out key.pem 2048',
    );
  }
  if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') return cause;
  return new UnbrickError({
    code: 'FILE_EXISTS',
    stage: 'usage',
    message: `${folder} already holds files of that name. Nothing was overwritten.`,
    evidence: [(cause as Error).message],
    next: ['Name a new folder.'],
  });
}
