import { readFile } from 'node:fs/promises';
import { UnbrickError } from '@unbrick/core';
import { ProfileError } from '@unbrick/phone';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { chooseRenderer, showError } from './session.js';

/** `unbrick practice`: a firmware folder that fits a virtual phone. */
export async function practiceCommand(folder: string, options: { profile: string; signKey?: string }): Promise<number> {
  const renderer = chooseRenderer(false);
  try {
    const key = options.signKey === undefined ? undefined : await readFile(options.signKey, 'utf8');
    const files = await writePracticeFirmware(await loadProfile(options.profile), folder, key);
    renderer.say(`${folder}: a firmware for the virtual phone ${options.profile}`);
    for (const file of files) renderer.say(`  ${file}`);
    return ExitCode.DONE;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      return exitCodeOf(
        showError(
          new UnbrickError({
            code: 'FILE_EXISTS',
            stage: 'usage',
            message: `${folder} already holds files of that name. Nothing was overwritten.`,
            evidence: [(cause as Error).message],
            next: ['Name a new folder.'],
          }),
          renderer,
        ),
      );
    }
    if (cause instanceof RangeError || (cause as NodeJS.ErrnoException).code === 'ENOENT') {
      return exitCodeOf(
        showError(
          new UnbrickError({
            code: 'USAGE',
            stage: 'usage',
            message: (cause as Error).message,
            next: ['Give --sign-key a file with an RSA private key of 2048 bits: openssl genrsa -out key.pem 2048'],
          }),
          renderer,
        ),
      );
    }
    if (cause instanceof ProfileError) {
      return exitCodeOf(
        showError(
          new UnbrickError({ code: 'USAGE', stage: 'usage', message: cause.message, next: ['unbrick phone --list'] }),
          renderer,
        ),
      );
    }
    return exitCodeOf(showError(cause, renderer));
  }
}
