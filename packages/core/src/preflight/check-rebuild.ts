import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { holdsPersonalData, type KeptPartition, protectionOf } from '../plan/kept-partitions.js';
import type { EarlierFile, RebuildOptions } from '../plan/rebuild-plan.js';
import type { TargetLayout } from '../plan/target-layout.js';
import type { LayoutDifference } from '../storage/layout-difference.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { checkNewTable } from './check-new-table.js';
import type { Finding } from './finding.js';
import { layoutLines } from './layout-lines.js';

/** What a mode that empties partitions is about to do, and with what at hand. */
export interface RebuildFacts {
  mode: RebuildOptions['mode'];
  facts: FirmwareFacts;
  storage: StorageInfo;
  /** The layout the phone had before this job began. */
  old: PartitionTable;
  /** False when `old` is a guess, because the phone has no table and no backup tells of one. */
  tableKnown: boolean;
  target: TargetLayout;
  kept: readonly KeptPartition[];
  /** Content that a backup made before brings along. */
  earlier?: readonly EarlierFile[];
}

/** May this firmware be laid on this phone by an upgrade or a format, and what does it cost? Pure. */
export function checkRebuild(job: RebuildFacts): Finding[] {
  if (job.target.error) {
    const { code, message, evidence, next } = job.target.error;
    return [{ severity: 'blocker', code, message, evidence: [...evidence], next: [...next] }];
  }
  return [...checkTable(job), ...checkLayoutChange(job), ...checkKept(job), costOf(job)];
}

function checkTable({ old, tableKnown }: RebuildFacts): Finding[] {
  if (tableKnown) return [];
  return [
    {
      severity: 'blocker',
      code: 'NO_PARTITION_TABLE',
      message: 'The phone’s partition table cannot be read, so nobody can tell where its calibration data are.',
      evidence: [`partition table: ${old.source}`],
      next: [
        'If you have an earlier backup of this phone, bring it: --calibration FOLDER',
        'Read the whole storage to a file first (unbrick read user): calibration data may still be in it.',
        'Only when the storage chip is new or empty: --force NO_PARTITION_TABLE',
      ],
    },
  ];
}

function checkLayoutChange(job: RebuildFacts): Finding[] {
  const { mode, old, storage, target } = job;
  if (!target.changed) {
    return [
      {
        severity: 'ok',
        code: 'LAYOUT_MATCHES',
        message: 'The partitions lie where the firmware expects them.',
        evidence: [],
        next: [],
      },
    ];
  }
  const lines = layoutLines(target.differences, (difference) => cost(difference, job));
  const no = checkNewTable(target, old, storage, lines);
  if (no) return [no];
  return [
    {
      severity: 'warning',
      code: 'LAYOUT_CHANGES',
      message: `The phone gets the firmware’s partition layout; ${mode === 'upgrade' ? 'what it keeps is moved along' : 'its calibration data are moved along'}.`,
      evidence: lines,
      next: ['Compare the exact model and memory size with the firmware’s name before you go on.'],
    },
  ];
}

function cost({ name, verdict }: LayoutDifference, { facts, kept }: RebuildFacts): string {
  const keep = kept.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (keep?.fate === 'moves') return 'content is moved';
  if (keep?.fate === 'in-place') return 'content stays';
  if (keep) return 'content would be lost';
  if (facts.selected.some((fact) => fact.partition.name.toLowerCase() === name.toLowerCase())) return 'written anew';
  return verdict === 'missing-on-phone' ? 'empty' : 'content is erased';
}

function checkKept({ facts, old, tableKnown, kept, earlier }: RebuildFacts): Finding[] {
  const findings: Finding[] = [];
  const precious = kept.filter((each) => each.reason !== 'untouched');
  const tooSmall = precious.filter((each) => each.fate === 'too-small');
  if (tooSmall.length > 0) {
    findings.push({
      severity: 'blocker',
      code: 'CALIBRATION_DOES_NOT_FIT',
      message: `In the firmware’s layout ${names(tooSmall)} is smaller than on the phone: its content would be cut off.`,
      evidence: tooSmall.map(
        (each) => `${each.name}: ${each.from.length} bytes on the phone, ${each.to?.length} in the firmware`,
      ),
      next: ['This firmware is for another variant of the phone: find the one made for exactly this model.'],
    });
  }
  const vanishing = precious.filter((each) => each.fate === 'vanishes');
  if (vanishing.length > 0) {
    findings.push({
      severity: 'blocker',
      code: 'CALIBRATION_HAS_NO_PLACE',
      message: `The firmware’s layout has no ${names(vanishing)}: its content would exist in the backup only.`,
      evidence: vanishing.map((each) => `${each.name}: ${each.from.length} bytes on the phone`),
      next: ['This firmware is for another variant of the phone: find the one made for exactly this model.'],
    });
  }
  const lost = kept.filter((each) => each.reason === 'untouched' && /too-small|vanishes/.test(each.fate));
  if (lost.length > 0) {
    findings.push({
      severity: 'warning',
      code: 'CONTENT_LOST',
      message: `The firmware’s layout leaves no room for the content of ${names(lost)}; it is erased.`,
      evidence: lost.map(
        (each) => `${each.name}: ${each.fate === 'vanishes' ? 'not in the new layout' : 'smaller there'}`,
      ),
      next: ['If you need it, read it to a file first: unbrick read NAME'],
    });
  }
  if (earlier) findings.push(...checkEarlier(kept, earlier));
  if (tableKnown) findings.push(...checkMissing(facts, old, earlier ?? []));
  return findings;
}

/** An earlier backup has to hold all that this job must not lose: the phone itself may not have it any more. */
function checkEarlier(kept: readonly KeptPartition[], earlier: readonly EarlierFile[]): Finding[] {
  const has = new Map(earlier.map((each) => [lower(each.partition), each]));
  const needed = kept.filter((each) => each.reason !== 'untouched' || each.fate === 'moves');
  const missing = needed.filter((each) => !has.has(lower(each.name)));
  const tooLarge = needed.filter((each) => (has.get(lower(each.name))?.bytes ?? 0) > (each.to ?? each.from).length);
  if (missing.length + tooLarge.length === 0) return [];
  return [
    {
      severity: 'blocker',
      code: 'BACKUP_INCOMPLETE',
      message: 'The earlier backup does not hold everything that this firmware would make the phone lose.',
      evidence: [
        ...missing.map((each) => `${each.name} is not in it`),
        ...tooLarge.map((each) => `${each.name} is larger in it than its place on the phone`),
      ],
      next: ['Finish with the firmware that the unfinished job began with.', 'Or use a backup that is complete.'],
    },
  ];
}

/** A firmware that protects a partition expects it to have content; a phone without it has lost it, or is another phone. */
function checkMissing(facts: FirmwareFacts, old: PartitionTable, earlier: readonly EarlierFile[]): Finding[] {
  const has = new Set(
    [...old.partitions.map((each) => each.name), ...earlier.map((each) => each.partition)].map(lower),
  );
  const missing = facts.layout.partitions.filter((partition) => {
    const reason = protectionOf(partition.name, partition);
    return (reason === 'calibration' || reason === 'protected') && !has.has(lower(partition.name));
  });
  if (missing.length === 0) return [];
  return [
    {
      severity: 'blocker',
      code: 'CALIBRATION_NOT_ON_PHONE',
      message: `The phone’s partition table has no ${names(missing)}, which the firmware protects. It cannot be backed up.`,
      evidence: [`the phone's table (${old.source}) has: ${old.partitions.map((each) => each.name).join(', ')}`],
      next: [
        'Check that the firmware is made for exactly this model.',
        'If you have an earlier backup of this phone, bring it: --calibration FOLDER',
      ],
    },
  ];
}

function costOf({ mode, kept, old, facts }: RebuildFacts): Finding {
  const safe = kept.filter((each) => each.reason !== 'untouched' && /in-place|moves/.test(each.fate));
  const personal = [...old.partitions, ...facts.layout.partitions].some((each) => holdsPersonalData(each.name));
  return {
    severity: 'warning',
    code: mode === 'upgrade' ? 'USER_DATA_ERASED' : 'EVERYTHING_ERASED',
    message: [
      mode === 'upgrade' ? 'An upgrade empties the user data' : 'Everything on the phone is erased',
      personal ? ': photos, messages, apps and settings are deleted. ' : '. ',
      safe.length > 0 ? `Kept, from a verified backup: ${names(safe)}.` : 'There are no calibration data to keep.',
    ].join(''),
    evidence: [],
    next: ['If the phone still holds something you need, copy it off first: --mode download keeps it.'],
  };
}

function names(partitions: readonly { name: string }[]): string {
  return partitions.map((each) => each.name).join(', ');
}

function lower(name: string): string {
  return name.toLowerCase();
}
