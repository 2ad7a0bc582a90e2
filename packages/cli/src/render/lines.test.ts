import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventLines } from './lines.js';
import { PLAIN } from './style.js';

const error = {
  type: 'error',
  code: 'DA_REJECTED',
  stage: 'agent-upload',
  message: 'The preloader refused the Download Agent.',
  evidence: ['it answered 0x7024'],
  next: ['Use the agent of the firmware.'],
} as const;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('eventLines of an error', () => {
  it('tells what happened, what was seen, what to do and what usually causes it', () => {
    vi.stubEnv('UNBRICK_LANG', 'en');
    expect(eventLines(error, PLAIN)).toEqual([
      '',
      '✗ The preloader refused the Download Agent. [DA_REJECTED]',
      '    seen: it answered 0x7024',
      '    next: Use the agent of the firmware.',
      expect.stringContaining('    usually: '),
      '    SP Flash Tool: 0xC0060003 STATUS_BROM_CMD_SEND_DA_FAIL, 2004 S_BROM_DOWNLOAD_DA_FAIL, 6005 S_SECURITY_DAA_FAIL',
      '    more: unbrick explain DA_REJECTED',
    ]);
  });

  it('speaks the user’s language and keeps the words of the moment', () => {
    vi.stubEnv('UNBRICK_LANG', 'es');
    const lines = eventLines(error, PLAIN);
    expect(lines[1]).toContain('El teléfono rechazó');
    expect(lines[2]).toBe('     visto: The preloader refused the Download Agent.');
    expect(lines.join('\n')).toContain('Usa el Download Agent');
  });

  it('keeps the next step of the moment where the catalogue has none', () => {
    vi.stubEnv('UNBRICK_LANG', 'ru');
    const lines = eventLines({ ...error, code: 'UNFINISHED_JOB' }, PLAIN);
    expect(lines[1]).toMatch(/^✗ Прежняя работа/);
    expect(lines).toContain('    дальше: Use the agent of the firmware.');
  });

  it('shows an error without an entry as it is', () => {
    vi.stubEnv('UNBRICK_LANG', 'es');
    expect(eventLines({ ...error, code: 'NOT_IN_THE_CATALOGUE' }, PLAIN)).toHaveLength(4);
  });
});

describe('eventLines of a report', () => {
  const report = {
    type: 'report' as const,
    partitions: [],
    seconds: 1,
    phoneState: 'Nothing was written to the phone.',
  };

  it.each([
    ['planned', 'This was a dry run.'],
    ['declined', 'Not done: you did not agree to the plan.'],
    ['blocked', 'Not done: a check was red.'],
    ['failed', 'Not done.'],
  ] as const)('says how a job ended: %s', (outcome, said) => {
    expect(eventLines({ ...report, ok: false, outcome }, PLAIN)).toEqual(['', `  ${report.phoneState}`, said]);
  });

  it('says done only of a job that was done', () => {
    expect(eventLines({ ...report, ok: true, outcome: 'done' }, PLAIN).at(-1)).toContain('Done and verified');
  });
});
