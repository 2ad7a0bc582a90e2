import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatherCredentials, MemoryFolder, parseKeyFile } from '@unbrick/core';
import { chooseLanguage } from '@unbrick/core/explain';
import { vi } from 'vitest';
import { needSomebodyToAsk } from '../../../packages/cli/src/commands/agent-options.js';
import { inspectCommand } from '../../../packages/cli/src/commands/inspect.js';
import { phoneCommand } from '../../../packages/cli/src/commands/phone.js';
import { practiceCommand } from '../../../packages/cli/src/commands/practice.js';
import { chooseBackupFolder, makeBackupFolder } from '../../../packages/cli/src/files/backup-folder.js';
import { openFirmwarePath } from '../../../packages/cli/src/files/firmware-path.js';
import { openTraceFile } from '../../../packages/cli/src/trace-file.js';
import { smallPhone } from './on-the-phone.js';
import type { Scenario, Scenarios, Told } from './scenario.js';

/** What is wrong with what was typed, and with the files that were named. */

/** In a folder that is gone afterwards. */
const inFolder =
  (work: (folder: string) => Promise<readonly Told[] | unknown>): Scenario =>
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unbrick-provoked-'));
    try {
      const told = await work(folder);
      return Array.isArray(told) ? told : [];
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

/** What a command prints under a code. */
async function printed(command: () => Promise<number>): Promise<Told[]> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await command();
    const text = write.mock.calls.map(([part]) => String(part)).join('');
    return [...text.matchAll(/^✗ (.*) \[(\w+)\]$/gm)].map(([, message = '', code = '']) => ({ code, message }));
  } finally {
    write.mockRestore();
  }
}

export const COMMAND_LINE: Scenarios = {
  USAGE: () => printed(() => phoneCommand({ profile: 'no-such-phone', mode: 'preloader', tcp: '127.0.0.1:0' })),
  NOT_CONFIRMED: () => {
    needSomebodyToAsk({ json: true }, 'Look at the plan first: --dry-run');
    return [];
  },
  LANGUAGE_UNKNOWN: () => {
    chooseLanguage('no language');
    return [];
  },
  FILE_MISSING: inFolder((folder) => openFirmwarePath(join(folder, 'nowhere'))),
  FILE_EXISTS: inFolder((folder) => {
    writeFileSync(join(folder, 'MTK_AllInOne_DA.bin'), '');
    const profile = join(folder, 'phone.json');
    writeFileSync(profile, JSON.stringify(smallPhone('mt6735-emmc')));
    return printed(() => practiceCommand(folder, { profile }));
  }),
  FIRMWARE_IN_CONTAINER: inFolder((folder) => {
    const archive = join(folder, 'firmware.rar');
    writeFileSync(archive, 'Rar!\x1a\x07');
    return openFirmwarePath(archive);
  }),
  NOT_A_FIRMWARE: inFolder((folder) => {
    const [image, other] = [join(folder, 'boot.img'), join(folder, 'recovery.img')];
    writeFileSync(image, 'x');
    writeFileSync(other, 'y');
    return printed(() => inspectCommand(image, { compare: other }));
  }),
  TRACE_FAILED: inFolder((folder) => openTraceFile(join(folder, 'nowhere', 'trace.txt'), () => {})),
  BACKUP_AMBIGUOUS: inFolder(async (folder) => {
    for (let i = 0; i < 2; i++) await (await makeBackupFolder(folder, 'MT6735')).writeText('manifest.json', '{}');
    return chooseBackupFolder(folder);
  }),
  KEY_UNREADABLE: () => {
    parseKeyFile('key.pem', new TextEncoder().encode('no key'));
    return [];
  },
  AUTH_FILE_INVALID: async () => {
    const folder = new MemoryFolder('firmware', { 'auth_sv5.auth': '' });
    await gatherCredentials({ folder, authFiles: ['auth_sv5.auth'] });
    return [];
  },
};
