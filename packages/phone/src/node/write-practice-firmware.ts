import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSigner } from '../practice/agent-file.js';
import { practiceFirmware } from '../practice/firmware.js';
import type { Profile } from '../profiles/profile.js';

/**
 * Writes a practice firmware into a folder, which is made when missing. Existing files are not overwritten: rejects with EEXIST.
 * @param signKey RSA private key (PEM) of 2048 bits with which the agent is signed
 * @throws RangeError when the key is none or has another length
 */
export async function writePracticeFirmware(profile: Profile, folder: string, signKey?: string): Promise<string[]> {
  const files = await practiceFirmware(profile, signKey === undefined ? undefined : signerOf(signKey));
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes, { flag: 'wx' });
  return [...files.keys()];
}

function signerOf(pem: string): AgentSigner {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new RangeError('the key that is to sign the agent is no RSA private key in PEM form', { cause });
  }
  return (data) => sign('RSA-SHA256', data, key);
}
