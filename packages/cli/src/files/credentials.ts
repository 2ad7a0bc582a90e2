import { type OwnerCredentials, type OwnerFile, parseKeyFile, readWhole, rsaSigner, UnbrickError } from '@unbrick/core';
import { openDiskFile } from './disk-file.js';

/** What the owner named on the command line for the phone's locks; paths. */
export interface CredentialOptions {
  auth?: string;
  cert?: string;
  key?: string;
}

/** Real files have a few KiB. */
const FILE_LIMIT = 1 << 20;

/** @throws UnbrickError stage `usage`: `FILE_MISSING`, `AUTH_FILE_INVALID`, `KEY_UNREADABLE` */
export async function openCredentials({ auth, cert, key }: CredentialOptions): Promise<OwnerCredentials> {
  const authorisation = auth === undefined ? undefined : await readSmall(auth);
  const certificate = cert === undefined ? undefined : await readSmall(cert);
  const keyFile = key === undefined ? undefined : await readSmall(key);
  return {
    ...(authorisation ? { authorisation } : {}),
    ...(certificate ? { certificate } : {}),
    ...(keyFile ? { signer: rsaSigner(keyFile.name, parseKeyFile(keyFile.name, keyFile.bytes)) } : {}),
  };
}

async function readSmall(path: string): Promise<OwnerFile> {
  const file = await openDiskFile(path);
  try {
    if (file.size === 0 || file.size > FILE_LIMIT) {
      throw new UnbrickError({
        code: 'AUTH_FILE_INVALID',
        stage: 'usage',
        message: `'${path}' cannot be an authorisation file, certificate or key.`,
        evidence: [`it has ${file.size} bytes`],
        next: ['Name the file as the maker handed it out.'],
      });
    }
    return { name: file.name, bytes: await readWhole(file, FILE_LIMIT) };
  } finally {
    file.close();
  }
}
