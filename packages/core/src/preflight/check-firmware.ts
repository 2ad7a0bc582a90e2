import type { FirmwareFacts, ImageFact } from '../firmware/firmware-facts.js';
import { isPreloader } from '../firmware/scatter/is-preloader.js';
import { checkContent } from './check-content.js';
import type { Finding } from './finding.js';

const GET_AGAIN = 'Download or unpack the firmware again and compare its checksum.';

/** What can be wrong with a firmware before any phone is seen. Pure. */
export function checkFirmware(facts: FirmwareFacts): Finding[] {
  const findings: Finding[] = [describePackage(facts)];
  for (const problem of facts.package.problems) {
    const serious = problem.severity === 'error';
    findings.push({
      severity: serious ? 'blocker' : 'warning',
      code: problem.code,
      message: problem.message,
      evidence: [],
      next: serious ? [GET_AGAIN] : [],
    });
  }
  for (const problem of facts.package.scatter.problems) {
    findings.push({
      severity: problem.severity === 'error' ? 'blocker' : 'warning',
      code: problem.code,
      message: problem.message,
      evidence: [`${facts.package.scatterPath}, line ${problem.line}`],
      next: problem.severity === 'error' ? ['Use the scatter file as its maker published it.', GET_AGAIN] : [],
    });
  }
  if (facts.selected.length === 0) {
    findings.push({
      severity: 'blocker',
      code: 'NOTHING_TO_WRITE',
      message: 'No partition is selected.',
      evidence: ['the scatter file ticks none, or --only and --skip leave none'],
      next: ['Name the partitions to write with --only.'],
    });
  }
  for (const fact of facts.selected) findings.push(...checkImage(fact));
  findings.push(...checkPreloader(facts));
  return findings;
}

function describePackage(facts: FirmwareFacts): Finding {
  const { scatter, scatterPath, scatterWhy } = facts.package;
  return {
    severity: 'ok',
    code: 'FIRMWARE_OPENED',
    message: `The firmware is ${scatterPath}: ${scatter.platform || 'unnamed platform'}, project ${scatter.project || 'unnamed'}, ${facts.layout.storage.toUpperCase()}.`,
    evidence: [scatterWhy],
    next: [],
  };
}

/** Images of NAND partitions whose files are not plain page data. */
const WITH_SPARE_BYTES = new Set(['YAFFS_IMG', 'FTL20_IMG']);

function checkImage(fact: ImageFact): Finding[] {
  const { partition } = fact;
  const fileName = partition.fileName ?? 'NONE';
  if (fact.path === undefined) {
    return [
      {
        severity: 'blocker',
        code: 'IMAGE_MISSING',
        message: `The image for ${partition.name} is missing.`,
        evidence: [`the scatter file (line ${partition.line}) wants '${fileName}'; no such file lies beside it`],
        next: [
          'Unpack the whole firmware into one folder, or download it again.',
          `Leave this partition as it is on the phone: --skip ${partition.name}`,
        ],
      },
    ];
  }
  if (fact.error) {
    return [
      {
        severity: 'blocker',
        code: isPreloader(partition) ? fact.error.code : 'IMAGE_DAMAGED',
        message: `${fact.path} cannot be used: ${fact.error.message}`,
        evidence: [...fact.error.evidence],
        next: [...fact.error.next],
      },
    ];
  }
  if (!fact.image) return [];
  if (fact.image.expandedSize === 0) {
    return [
      {
        severity: 'blocker',
        code: 'IMAGE_DAMAGED',
        message: `${fact.path} is empty.`,
        evidence: [`${fact.image.fileSize} bytes`],
        next: [GET_AGAIN],
      },
    ];
  }
  if (partition.storage === 'nand' && WITH_SPARE_BYTES.has(partition.type)) {
    return [
      {
        severity: 'blocker',
        code: 'NAND_IMAGE_KIND',
        message: `${fact.path} is a ${partition.type} image, which brings the spare bytes of each page along; this program writes plain pages only.`,
        evidence: [`the scatter file (line ${partition.line}) gives ${partition.name} the type ${partition.type}`],
        next: [
          `Leave this partition as it is on the phone: --skip ${partition.name}`,
          'If the file is a UBI image after all (it begins with UBI#): --force NAND_IMAGE_KIND',
        ],
      },
    ];
  }
  if (partition.size > 0 && fact.image.expandedSize > partition.size && !isPreloader(partition)) {
    return [tooLarge(fact, partition.size, `the scatter file (line ${partition.line})`)];
  }
  return checkContent(fact);
}

/** An image that would run over its partition's end into the next one. */
export function tooLarge(fact: ImageFact, room: number, whose: string): Finding {
  const size = fact.image?.expandedSize ?? 0;
  return {
    severity: 'blocker',
    code: 'IMAGE_TOO_LARGE',
    message: `${fact.path} is larger than the partition ${fact.partition.name} and would overwrite what lies behind it.`,
    evidence: [
      `the image ${fact.image?.kind === 'sparse' ? 'expands to' : 'has'} ${size} bytes`,
      `${whose} gives the partition ${room} bytes: ${size - room} too few`,
    ],
    next: [
      'This image belongs to another firmware or another phone: use a complete firmware made for exactly this model.',
      `Leave this partition as it is on the phone: --skip ${fact.partition.name}`,
    ],
  };
}

function checkPreloader(facts: FirmwareFacts): Finding[] {
  const written = facts.selected.some((fact) => isPreloader(fact.partition) && fact.path !== undefined);
  if (facts.preloaderError) {
    return [
      {
        // Without it a phone in BROM cannot be served, but one in preloader mode can: only writing it is out of the question.
        severity: written ? 'blocker' : 'warning',
        code: facts.preloaderError.code,
        message: facts.preloaderError.message,
        evidence: [...facts.preloaderError.evidence],
        next: [...facts.preloaderError.next],
      },
    ];
  }
  const { preloader } = facts;
  if (!preloader) {
    return [
      {
        severity: 'warning',
        code: 'PRELOADER_MISSING',
        message: 'The firmware has no preloader file. A phone caught in BROM mode cannot be served without it.',
        evidence: ['its memory settings are needed to start the phone’s RAM'],
        next: ['Connect the phone without holding keys (preloader mode), or use a complete firmware.'],
      },
    ];
  }
  const findings: Finding[] = preloader.problems.map((problem) => ({
    severity: 'warning',
    code: problem.code,
    message: problem.message,
    evidence: [],
    next: [],
  }));
  if (written && preloader.shape === 'emi-only') {
    findings.push({
      severity: 'blocker',
      code: 'PRELOADER_UNREADABLE',
      message: 'The preloader file holds memory settings only and is no preloader.',
      evidence: ['it starts with MTK_BLOADER_INFO'],
      next: ['Use the preloader of a complete firmware.', 'Leave the phone’s preloader as it is: --skip preloader'],
    });
  }
  return findings;
}
