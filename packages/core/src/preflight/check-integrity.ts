import { UnbrickError } from '../errors/unbrick-error.js';
import type { ListedChecksum } from '../firmware/checksums/checksum-list.js';
import { type ChecksumResult, verifyChecksums } from '../firmware/checksums/verify-checksums.js';
import type { FirmwarePackage } from '../firmware/package.js';
import type { ByteSource } from '../firmware/source.js';
import type { Finding } from './finding.js';

export interface IntegrityOptions {
  /** Told for every megabyte: path, bytes read of it, its size. */
  onProgress?: (path: string, bytes: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Reads the files of a firmware that have a checksum, in a list that the package brings or in its archive, and compares.
 * Files without one are not read. Better before a phone is connected: a large firmware takes a minute.
 * @param paths files of the package
 * @throws the signal's reason
 */
export async function checkIntegrity(
  firmware: FirmwarePackage,
  paths: readonly string[],
  options: IntegrityOptions = {},
): Promise<Finding[]> {
  const listed = new Map<string, ListedChecksum[]>();
  for (const each of firmware.checksums.flatMap((list) => list.checksums)) {
    listed.set(each.path, [...(listed.get(each.path) ?? []), each]);
  }
  const findings: Finding[] = [];
  let proven = 0;
  let bytes = 0;
  for (const path of new Set(paths)) {
    try {
      const source = await firmware.folder.open(path);
      const wanted = [...(listed.get(path) ?? []), ...archiveChecksum(path, source)];
      if (wanted.length === 0) continue;
      const results = await verifyChecksums(source, wanted, {
        onBytes: (read) => options.onProgress?.(path, read, source.size),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const wrong = results.filter((result) => !result.ok);
      findings.push(...wrong.map((result) => wrongChecksum(firmware, result)));
      if (wrong.length === 0) proven++;
      bytes += source.size;
    } catch (cause) {
      options.signal?.throwIfAborted();
      findings.push(unreadable(path, cause));
    }
  }
  if (proven > 0) {
    findings.push({
      severity: 'ok',
      code: 'CHECKSUMS_MATCH',
      message: `${proven} file${proven === 1 ? ' has' : 's have'} the checksum that the package lists.`,
      evidence: [`${bytes} bytes were read`],
      next: [],
    });
  }
  return findings;
}

/** What the archive itself says. A compressed file is compared with it while it is read: then reading is all it takes. */
function archiveChecksum(path: string, { crc32 }: ByteSource): ListedChecksum[] {
  return crc32 === undefined ? [] : [{ path, method: 'crc32', value: crc32.toString(16).padStart(8, '0') }];
}

function wrongChecksum(firmware: FirmwarePackage, { path, method, value, found }: ChecksumResult): Finding {
  const list = firmware.checksums.find((each) =>
    each.checksums.some((one) => one.path === path && one.method === method && one.value === value),
  );
  return {
    severity: 'blocker',
    code: 'CHECKSUM_WRONG',
    message: `${path} is not what the package says: its checksum is wrong.`,
    evidence: [`${list?.path ?? 'the archive'} lists ${method} ${value}`, `the file has ${found}`],
    next: [
      'Download the firmware again.',
      'If you exchanged this image on purpose, the list cannot know it: --force CHECKSUM_WRONG',
    ],
  };
}

function unreadable(path: string, cause: unknown): Finding {
  const error = cause instanceof UnbrickError ? cause : undefined;
  return {
    severity: 'blocker',
    code: error?.code ?? 'FILE_UNREADABLE',
    message: error?.message ?? `${path} cannot be read.`,
    evidence: error ? [...error.evidence] : [cause instanceof Error ? cause.message : String(cause)],
    next: error ? [...error.next] : ['Download the firmware again and compare its checksum.'],
  };
}
