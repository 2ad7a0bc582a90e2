import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flash } from '@unbrick/core';
import { NO_FAULTS } from '@unbrick/phone';
import { loadProfile, openPhone, writePracticeFirmware } from '@unbrick/phone/node';
import { exitCodeOf } from '../exit-codes.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { userLanguage } from '../render/user-language.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

/** `unbrick demo`: the main job on a virtual phone, in a temporary folder that is removed afterwards. */
export async function demoCommand(options: { profile: string; linkRate: number }): Promise<number> {
  const renderer = chooseRenderer(false);
  const interrupt = stopOnInterrupt(renderer);
  const folder = await mkdtemp(join(tmpdir(), 'unbrick-demo-'));
  try {
    const profile = await loadProfile(options.profile);
    const firmwareFolder = join(folder, `${profile.platform}_practice_firmware`);
    renderer.say(`Making a firmware for a virtual ${profile.platform} phone (${profile.description}) …`);
    await writePracticeFirmware(profile, firmwareFolder);
    const phone = await openPhone({
      profile: options.profile,
      mode: 'preloader',
      faults: NO_FAULTS,
      linkRate: options.linkRate,
    });
    const result = await flash({
      firmware: await openFirmwarePath(firmwareFolder),
      source: phone.portSource(),
      backups: new DiskBackupShelf(folder, join(folder, 'state')),
      emit: renderer.show,
      wording: userLanguage(),
      stop: interrupt.signal,
    });
    await phone.close();
    renderer.say('');
    renderer.say('This was a practice run: no phone was touched, and its files are gone again.');
    return exitCodeOf(result.outcome);
  } catch (cause) {
    return exitCodeOf(showError(cause, renderer));
  } finally {
    interrupt.release();
    await rm(folder, { recursive: true, force: true });
  }
}
