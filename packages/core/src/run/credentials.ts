import { UnbrickError } from '../errors/unbrick-error.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { readWhole } from '../firmware/source.js';
import type { OwnerCredentials, OwnerFile } from '../security/signer.js';

/** Real authorisation files and certificates have a few KiB. */
const FILE_LIMIT = 1 << 20;

/**
 * What the owner has given, and for what was not given, what lies in the firmware folder.
 * @throws UnbrickError `AUTH_FILE_INVALID`, and what reading the folder throws
 */
export async function gatherCredentials(
  firmware: Pick<FirmwarePackage, 'folder' | 'authFiles'> | undefined,
  given: OwnerCredentials = {},
): Promise<OwnerCredentials> {
  const found = async (extension: RegExp): Promise<OwnerFile | undefined> => {
    const path = firmware?.authFiles.find((each) => extension.test(each));
    if (firmware === undefined || path === undefined) return undefined;
    const source = await firmware.folder.open(path);
    if (source.size === 0 || source.size > FILE_LIMIT) throw unlikely(path, source.size);
    return { name: path, bytes: await readWhole(source, FILE_LIMIT) };
  };
  const authorisation = given.authorisation ?? (await found(/\.auth$/i));
  const certificate = given.certificate ?? (await found(/\.cert$/i));
  return {
    ...given,
    ...(authorisation ? { authorisation } : {}),
    ...(certificate ? { certificate } : {}),
  };
}

function unlikely(path: string, size: number): UnbrickError {
  return new UnbrickError({
    code: 'AUTH_FILE_INVALID',
    stage: 'firmware',
    message: `${path} cannot be an authorisation file or certificate.`,
    evidence: [`it has ${size} bytes`],
    next: ['Take the file afresh from the maker’s firmware package, or remove it from the folder.'],
  });
}
