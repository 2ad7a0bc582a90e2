import { type BootRom, UnbrickError } from '@unbrick/core';
import { CATALOGUE, type CatalogueEntry } from '@unbrick/core/explain';
import { BootCommand } from '@unbrick/core/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, failureOf, plugIn } from './running-agent.js';
import { smallPhone } from './scenarios/on-the-phone.js';
import { explanationsIn, faultsOfTelling, shown } from './what-users-see.js';

/** Every status word of boot ROMs and preloaders that the catalogue lists, from a phone that answers with it. */

const WORDS = CATALOGUE.filter(({ family }) => family === 'boot-status') as (CatalogueEntry & { code: number })[];
const AGENT = { address: 0x200000, bytes: new Uint8Array(64), signatureLength: 0 };

/** Where in the conversation a phone says such a word. */
interface Place {
  command: string;
  /** Which of the command's status words it is. */
  from: number;
  provoke(bootRom: BootRom): Promise<unknown>;
}

const BEFORE_AGENT: Place = { command: 'SEND_DA', from: 1, provoke: (bootRom) => bootRom.sendAgent(AGENT) };
const AFTER_AGENT: Place = { ...BEFORE_AGENT, from: 2 };
const JUMP: Place = {
  command: 'JUMP_DA',
  from: 1,
  provoke: async (bootRom) => {
    await bootRom.sendAgent(AGENT);
    await bootRom.jumpAgent(AGENT.address);
  },
};
const AUTH_FILE: Place = {
  command: 'SEND_AUTH',
  from: 1,
  provoke: (bootRom) => bootRom.sendAuthorisation(new Uint8Array(64)),
};
const REGISTER: Place = {
  command: 'WRITE32',
  from: 1,
  provoke: (bootRom) => bootRom.writeRegister(0x10007000, 0x22000000, 32),
};
const CONFIG: Place = { command: 'GET_TARGET_CONFIG', from: 1, provoke: (bootRom) => bootRom.readConfig() };

function placeOf({ code, symbol }: CatalogueEntry & { code: number }): Place {
  if (code <= 0x1a1d || code >= 0xfffd) return REGISTER;
  if (symbol === 'INVALID_JUMP_ADDR' || symbol === 'DA_NOT_EXIST') return JUMP;
  if (symbol === 'AUTH_IMAGE_VERIFY_FAIL' || code === 0x7009) return AUTH_FILE;
  // The answer to a command that this host never gives.
  if (symbol === 'BAUD_RATE_TOO_HIGH') return CONFIG;
  const judged = (code >= 0x2000 && code < 0x7000) || (code >= 0x7015 && code !== 0x7017);
  return judged && code !== 0x2002 && code !== 0x2006 ? AFTER_AGENT : BEFORE_AGENT;
}

/** The program's own code for it. */
function ownCodeOf(entry: CatalogueEntry & { code: number }): string {
  if (entry.symbol === 'SLA_REQUIRED') return 'SLA_REQUIRED';
  if (entry.code === 0x7017) return 'AUTH_REQUIRED';
  const place = placeOf(entry);
  if (place === REGISTER || place === AUTH_FILE || place === CONFIG) return 'BROM_REFUSED';
  return PLACEMENT.test(entry.symbol ?? '') ? 'BROM_REFUSED' : 'DA_REJECTED';
}
const PLACEMENT = /ADDR|OVERLAP|LEN_IS_ZERO|LEN_EXCEEDS|NO_MEM|RELOCATE|^REGION_|INVALID_LOCATION|INVALID_LENGTH/;

describe('status words of boot ROM and preloader', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await plugIn(smallPhone('mt6735-emmc'), 'brom');
  });
  afterAll(() => bench.close());

  it.each(WORDS.filter(({ code }) => code !== 0x1d0c).map((entry): [string, typeof entry] => [entry.key, entry]))(
    '%s',
    async (_, entry) => {
      const place = placeOf(entry);
      bench.faults.answers = [{ command: place.command, from: place.from, status: entry.code }];
      const error = await failureOf(place.provoke(bench.connected.bootRom));
      bench.faults.answers = [];
      expect(error.code).toBe(ownCodeOf(entry));
      expect(error.evidence.join('\n')).toContain(`0x${entry.code.toString(16).padStart(4, '0')}`);
      expect(faultsOfTelling(error)).toEqual([]);
      expect(explanationsIn(shown(error)).map(({ key }) => key)).toContain(entry.key);
    },
  );

  it('BOOT_1D0C, "no authorisation needed", is no error', async () => {
    bench.faults.answers = [{ command: 'SEND_AUTH', from: 1, status: 0x1d0c }];
    await AUTH_FILE.provoke(bench.connected.bootRom);
    bench.faults.answers = [];
  });

  it('refuse nothing that a phone can do without: they are noted and the phone is taken over', async () => {
    const other = await plugIn(smallPhone('mt6735-emmc'), 'brom', {
      answers: ['WRITE32', 'GET_TARGET_CONFIG', 'GET_HW_SW_VER'].map((command) => ({
        command,
        from: 1,
        status: 0x1a1d,
      })),
    });
    const told = other.notes.filter((note) => explanationsIn(note).some(({ key }) => key === 'BOOT_1A1D'));
    await other.close();
    expect(told).toHaveLength(3);
  });

  it('end the job when the phone does not even tell its chip', async () => {
    const faults = { answers: [{ command: 'GET_HW_CODE', from: 1, status: 0x1d0d }] };
    const error = await failureOf(plugIn(smallPhone('mt6735-emmc'), 'preloader', faults));
    expect(error).toBeInstanceOf(UnbrickError);
    expect(error.code).toBe('BROM_REFUSED');
    expect(faultsOfTelling(error)).toEqual([]);
  });

  it('are known to the phone by the names of the commands that they answer', () => {
    const named = [BEFORE_AGENT, JUMP, AUTH_FILE, REGISTER, CONFIG].map(({ command }) => command);
    expect(named.filter((command) => !(command in BootCommand))).toEqual([]);
  });
});
