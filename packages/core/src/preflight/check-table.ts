import type { PartitionTable } from '../storage/storage.js';
import type { Finding } from './finding.js';

/** What is wrong with the phone's partition table and whether that matters now. Pure. */
export function checkTable(table: PartitionTable): Finding[] {
  return (table.problems ?? []).map(({ code, message }) => ({
    severity: 'warning',
    code,
    message: isRepairable(code, table)
      ? `${message} The other copy is whole and is used.`
      : `The phone’s partition table: ${message}`,
    evidence: [`used: ${table.source}`],
    next: isRepairable(code, table) ? ['After this job make the damaged copy whole again: unbrick repair-table'] : [],
  }));
}

/** One copy is damaged. That of a NAND is the agent's matter. */
function isRepairable(code: string, { record }: PartitionTable): boolean {
  if (code === 'PMT_MAIN_INVALID' || code === 'PMT_MIRROR_INVALID') return record?.written !== undefined;
  return code === 'GPT_PRIMARY_INVALID' || code === 'GPT_BACKUP_INVALID';
}
