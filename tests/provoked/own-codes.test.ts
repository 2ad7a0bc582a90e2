import { UnbrickError } from '@unbrick/core';
import { CATALOGUE, type CatalogueEntry, elsewhere, ownEntry } from '@unbrick/core/explain';
import { describe, expect, it } from 'vitest';
import { AGENTS } from './scenarios/agents.js';
import { BACKUPS } from './scenarios/backups.js';
import { BOOT_STAGES } from './scenarios/boot-stages.js';
import { COMMAND_LINE } from './scenarios/command-line.js';
import { COMPUTER } from './scenarios/computer.js';
import { CONNECTING } from './scenarios/connecting.js';
import { FIRMWARE_MEETS_PHONE } from './scenarios/firmware-meets-phone.js';
import { FIRMWARE_PACKAGES } from './scenarios/firmware-packages.js';
import { PARTITION_TABLES } from './scenarios/partition-tables.js';
import { SCATTER_FILES } from './scenarios/scatter-files.js';
import type { Scenario, Scenarios, Told } from './scenarios/scenario.js';
import { explanationsIn, faultsOfTelling, shown, type ToldError } from './what-users-see.js';

/**
 * Every code of this program is brought about by the program itself. A new code needs an entry in the catalogue and a scenario in
 * one of the rooms beside this file.
 */

/** What no test can bring about, each with the reason. Think twice before you add to it. */
const CANNOT_BE_SIMULATED: Readonly<Record<string, string>> = {
  TABLE_NOT_WRITABLE:
    'Only legacy agents reach a NAND, and all of them have the command; the check is for a kind of agent that nobody has met.',
};

const ROOMS: Scenarios[] = [
  SCATTER_FILES,
  FIRMWARE_PACKAGES,
  PARTITION_TABLES,
  FIRMWARE_MEETS_PHONE,
  BACKUPS,
  BOOT_STAGES,
  AGENTS,
  CONNECTING,
  COMPUTER,
  COMMAND_LINE,
];

const OWN_CODES = CATALOGUE.filter(({ family }) => family === 'unbrick').map(({ key }) => key);
const PROVOKED = ROOMS.flatMap((room) => Object.entries(room));

/** What the program tells, and what it throws. */
async function toldBy(scenario: Scenario): Promise<readonly Told[]> {
  try {
    return await scenario();
  } catch (cause) {
    if (cause instanceof UnbrickError) return [cause];
    throw cause;
  }
}

function isError(told: unknown): told is ToldError {
  return told instanceof UnbrickError || (told as Told).type === 'error';
}

describe('the codes of this program', () => {
  it('are each provoked once, or cannot be', () => {
    const listed = [...PROVOKED.map(([code]) => code), ...Object.keys(CANNOT_BE_SIMULATED)];
    expect(
      OWN_CODES.filter((code) => !listed.includes(code)),
      'neither provoked nor excused',
    ).toEqual([]);
    expect(
      listed.filter((code) => !OWN_CODES.includes(code)),
      'not in the catalogue',
    ).toEqual([]);
    expect(
      listed.filter((code, i) => listed.indexOf(code) !== i),
      'listed twice',
    ).toEqual([]);
  });

  it.each(PROVOKED)('%s', async (code, scenario) => {
    const told = await toldBy(scenario);
    const provoked = told.find((each) => each.code === code);
    expect(provoked, `told instead: ${told.map((each) => `${each.code} ${each.message}`).join('; ')}`).toBeDefined();
    expect(provoked?.message).not.toBe('');
    if (isError(provoked)) {
      expect(faultsOfTelling(provoked)).toEqual([]);
      // Whoever looks for help finds what people call it who have met it in SP Flash Tool.
      const explained = explanationsIn(shown(provoked));
      expect(elsewhere(ownEntry(code) as CatalogueEntry).filter((entry) => !explained.includes(entry))).toEqual([]);
    }
    if (provoked?.severity === 'blocker') expect(provoked.next).not.toEqual([]);
    // An excuse is only good as long as nothing brings the code about after all.
    expect(told.map((each) => each.code).filter((each) => each in CANNOT_BE_SIMULATED)).toEqual([]);
  });
});
