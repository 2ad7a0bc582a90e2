import { ENGLISH, lookUp } from '@unbrick/core/explain';
import { describe, expect, it } from 'vitest';
import { explanationLines } from './explanation.js';
import { PLAIN } from './style.js';

const explained = (question: string) => explanationLines(lookUp(question), ENGLISH, PLAIN).map((line) => line.trim());

describe('explanationLines', () => {
  it('tells how this program and SP Flash Tool call the same thing', () => {
    expect(explained('4032')).toContain('In this program it is called EMI_NO_MATCH, DRAM_SETUP_FAILED');
    expect(explained('AGENT_SILENT')).toContain('SP Flash Tool shows it as 4001 S_FT_DA_NO_RESPONSE');
  });

  it('says so when nothing is known', () => {
    expect(explained('the quick brown fox')).toEqual([ENGLISH.labels.unknown]);
  });
});
