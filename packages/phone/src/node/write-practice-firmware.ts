import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { practiceFirmware } from '../practice/firmware.js';
import type { Profile } from '../profiles/profile.js';

/** Writes a practice firmware into a folder, which is made when missing. Existing files are not overwritten: rejects with EEXIST. */
export async function writePracticeFirmware(profile: Profile, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files = await practiceFirmware(profile);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes, { flag: 'wx' });
  return [...files.keys()];
}
