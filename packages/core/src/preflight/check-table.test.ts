import { expect, it } from 'vitest';
import { checkTable } from './check-table.js';

const table = (...codes: string[]) => ({
  kind: 'gpt' as const,
  source: 'backup GPT at sector 8191',
  partitions: [],
  problems: codes.map((code) => ({ code, message: 'Primary GPT: the checksum of its header is wrong.' })),
});

it('tells of a damaged copy and how it is made whole', () => {
  expect(checkTable(table('GPT_PRIMARY_INVALID'))).toEqual([
    {
      severity: 'warning',
      code: 'GPT_PRIMARY_INVALID',
      message: 'Primary GPT: the checksum of its header is wrong. The other copy is whole and is used.',
      evidence: ['used: backup GPT at sector 8191'],
      next: ['After this job make the damaged copy whole again: unbrick repair-table'],
    },
  ]);
});

it('tells how a copy of a PMT is made whole, unless it is a matter of the agent', () => {
  const damaged = { ...table('PMT_MAIN_INVALID'), kind: 'pmt' as const };
  const written = { generation: 1 as const, form: '64-bit' as const };
  expect(checkTable({ ...damaged, record: { entries: [], written } })[0]?.next.join()).toContain('repair-table');
  expect(checkTable({ ...damaged, record: { entries: [] } })[0]?.next).toEqual([]);
});

it('tells what cannot be repaired, and nothing of a whole table', () => {
  expect(checkTable(table('GPT_OVERLAP'))).toMatchObject([{ code: 'GPT_OVERLAP', next: [] }]);
  expect(checkTable({ ...table(), problems: [] })).toEqual([]);
});
