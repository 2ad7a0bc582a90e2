import { UnbrickError } from '../errors/unbrick-error.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { type Selection, selectPartitions } from '../plan/selection.js';
import { checkIntegrity } from '../preflight/check-integrity.js';
import type { Finding } from '../preflight/finding.js';
import type { EventSink } from './events.js';

/** Reads what the package has checksums for, before a phone has to wait for it. */
export function proveFiles(
  firmware: FirmwarePackage,
  selection: Selection,
  { emit, stop }: { emit: EventSink; stop?: AbortSignal },
): Promise<Finding[]> {
  return checkIntegrity(firmware, selectedFiles(firmware, selection), {
    onProgress: (path, bytes, total) => emit({ type: 'progress', phase: 'preflight', partition: path, bytes, total }),
    ...(stop ? { signal: stop } : {}),
  });
}

/** The images to write, of all layouts while it is not known which of them is this phone's. */
function selectedFiles(firmware: FirmwarePackage, selection: Selection): string[] {
  const { layouts } = firmware.scatter;
  return layouts.flatMap((layout) => {
    try {
      return selectPartitions(layout, selection).flatMap((partition) => firmware.filesFor(partition));
    } catch (cause) {
      // A name that one of several layouts does not have is told when the phone has shown which layout counts.
      if (layouts.length > 1 && cause instanceof UnbrickError) return [];
      throw cause;
    }
  });
}
