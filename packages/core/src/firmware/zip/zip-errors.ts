import { UnbrickError } from '../../errors/unbrick-error.js';

const AGAIN = 'Download the firmware again and compare its checksum.';
const UNPACK = 'Unpack it with a program that can (7-Zip) and name the folder it makes.';

/** An archive, or a file in it, that cannot be read. `what` continues "NAME …". */
function failure(code: string, message: string, evidence: string[], next: string[]): UnbrickError {
  return new UnbrickError({ code, stage: 'firmware', message, evidence, next });
}

export function archiveDamaged(name: string, what: string, evidence: string[]): UnbrickError {
  return failure('ARCHIVE_DAMAGED', `${name} ${what}.`, evidence, [AGAIN]);
}

export function archiveEncrypted(name: string): UnbrickError {
  return failure(
    'ARCHIVE_ENCRYPTED',
    `${name} is locked with a password.`,
    ['its entry is marked as encrypted'],
    ['Unpack the archive with the password from the place you have it from, and name the folder it makes.'],
  );
}

/** Methods by the number that zip files use. */
const METHODS: Readonly<Record<number, string>> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  20: 'Zstandard (old number)',
  93: 'Zstandard',
  95: 'xz',
  98: 'PPMd',
};

export function methodUnsupported(name: string, method: number): UnbrickError {
  return failure(
    'ARCHIVE_METHOD_UNSUPPORTED',
    `${name} is compressed in a way that this program does not read.`,
    [`method ${method}${METHODS[method] ? ` (${METHODS[method]})` : ''}; read are stored and Deflate`],
    [UNPACK],
  );
}

export function archiveSplit(name: string): UnbrickError {
  return failure(
    'ARCHIVE_SPLIT',
    `${name} is one part of an archive that was split.`,
    ['the end of it counts several parts'],
    ['Download all parts into one folder, unpack them with 7-Zip, and name the folder it makes.'],
  );
}

export function archiveTooLarge(name: string, evidence: string): UnbrickError {
  return failure('ARCHIVE_TOO_LARGE', `${name} cannot be one firmware.`, [evidence], [UNPACK]);
}

/** Two files of one name: programs differ in which of them they take. */
export function duplicateName(archive: string, path: string, count: number): UnbrickError {
  return failure(
    'ARCHIVE_DUPLICATE_NAME',
    `${path} is in ${archive} ${count} times, and which one is meant cannot be told.`,
    [`${count} entries of this name`],
    ['Get the firmware from another place; an archive like this was changed by somebody.'],
  );
}

/** What the zip reader says, in the words of this program. */
export function zipFailure(name: string, cause: unknown): UnbrickError {
  if (cause instanceof UnbrickError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  if (/split/i.test(said)) return archiveSplit(name);
  if (/encrypted|password/i.test(said)) return archiveEncrypted(name);
  if (/End of central directory/i.test(said)) {
    return archiveDamaged(name, 'is cut off: the directory at the end of the zip archive is missing', [said]);
  }
  return archiveDamaged(name, 'is damaged', [said]);
}
