import { judgeContent } from '../firmware/content/expectation.js';
import type { ImageFact } from '../firmware/firmware-facts.js';
import type { Finding } from './finding.js';

const GET_AGAIN = 'Download or unpack the firmware again and compare its checksum.';

/**
 * Whether an image is what belongs to its partition, and all there, from what its first bytes say. Blocks only what is
 * beyond opinion: a web page, an archive. Makers put things of their own into their partitions. Pure.
 */
export function checkContent({ partition, path, image }: ImageFact): Finding[] {
  const about = image?.about;
  if (!image || !about || path === undefined) return [];
  const findings: Finding[] = [];
  const verdict = judgeContent(partition.name, image.name, about);
  if (verdict) {
    findings.push({
      severity: verdict.severity === 'error' ? 'blocker' : 'warning',
      code: 'IMAGE_UNEXPECTED',
      message: verdict.message,
      evidence: [`${path} begins as ${about.label}`, ...about.details],
      next: [
        'Check that nobody exchanged or renamed the files of this firmware.',
        GET_AGAIN,
        `Leave this partition as it is on the phone: --skip ${partition.name}`,
      ],
    });
  }
  if (image.kind === 'raw' && about.claims !== undefined && about.claims > image.fileSize) {
    findings.push({
      severity: 'warning',
      code: 'IMAGE_DAMAGED',
      message: `${path} seems to be cut off: it is shorter than its own beginning says.`,
      evidence: [`the file has ${image.fileSize} bytes`, `the ${about.label} in it says ${about.claims}`],
      next: [GET_AGAIN],
    });
  }
  return findings;
}
