import type { PartitionTable } from '../storage/storage.js';
import type { Finding } from './finding.js';

/** What is wrong with the phone's partition table and whether that matters now. Pure. */
export function checkTable(table: PartitionTable): Finding[] {
  return (table.problems ?? []).map(({ code, message }) => ({
    severity: 'warning',
    code,
    message: REPAIRABLE.has(code)
      ? `${message} The other copy is whole and is used.`
      : `The phone’s partition table: ${message}`,
    evidence: [`used: ${table.source}`],
    next: REPAIRABLE.has(code) ? ['After this job make the damaged copy whole again: unbrick repair-table'] : [],
  }));
}

/** One copy of a GPT is damaged. */
const REPAIRABLE = new Set(['GPT_PRIMARY_INVALID', 'GPT_BACKUP_INVALID']);
