import { CHIPS, chipByHwCode } from '../chips/chips.js';
import { hex } from '../wire/index.js';
import { type AgentFile, type AgentFileEntry, isIotEntry } from './agent-file.js';

/** What decides which entry of an agent file fits: a part of `DeviceIdentity`. */
export interface AgentEntryWish {
  hwCode: number;
  hwSubCode: number;
  hwVersion: number;
  swVersion: number;
}

export type AgentEntryChoice = { entry: AgentFileEntry; reason: string } | { entry: undefined; reason: string };

/** More names than this in a reason help nobody. */
const NAMES_SHOWN = 12;

/**
 * The entry of the file that fits the phone, with the reason in plain words, or the reason why there is none.
 * See docs/protocol/agent-file.md, "Choosing an entry".
 */
export function chooseAgentEntry(file: AgentFile, identity: AgentEntryWish): AgentEntryChoice {
  const chip = chipByHwCode(identity.hwCode);
  const codes = [identity.hwCode, ...(chip && chip.agentFileHwCode !== identity.hwCode ? [chip.agentFileHwCode] : [])];
  const name = chip?.names[0] ?? `chip with hw_code ${hex(identity.hwCode, 4)}`;
  for (const code of codes) {
    const entries = file.entries.filter((entry) => entry.hwCode === code);
    if (entries.length === 0) continue;
    const listed = code === identity.hwCode ? '' : `, which the file lists as ${hex(code, 4)}`;
    return chooseRevision(entries, identity, `the ${name}${listed}`);
  }
  return {
    entry: undefined,
    reason: `this file has agents for ${agentFileChips(file)}; the phone is ${article(name)}`,
  };
}

/** The chips of an agent file by name: `MT6572, MT6582, MT6735/MT6737M/MT6753`. */
export function agentFileChips(file: AgentFile): string {
  const names = [...new Set(file.entries.map((entry) => entryName(entry.hwCode)))];
  const rest = names.length - NAMES_SHOWN;
  return rest > 1 ? `${names.slice(0, NAMES_SHOWN).join(', ')} and ${rest} more` : names.join(', ');
}

/** MediaTek's rule: a single entry fits as it is; of several the newest whose software version is not beyond the chip's. */
function chooseRevision(entries: readonly AgentFileEntry[], identity: AgentEntryWish, whose: string): AgentEntryChoice {
  const only = entries[0] as AgentFileEntry;
  if (entries.length === 1) return { entry: only, reason: `it has an agent for ${whose}` };
  if (isIotEntry(only)) return chooseIot(entries, identity, whose);
  const fitting = entries.filter((entry) => entry.swVersion <= identity.swVersion);
  const best = fitting.reduce<AgentFileEntry | undefined>(
    (chosen, entry) => (chosen && chosen.swVersion >= entry.swVersion ? chosen : entry),
    undefined,
  );
  const versions = entries.map((entry) => hex(entry.swVersion, 4)).join(', ');
  const phone = `the phone has software version ${hex(identity.swVersion, 4)}`;
  if (!best)
    return { entry: undefined, reason: `its agents for ${whose} are for software versions ${versions}; ${phone}` };
  return {
    entry: best,
    reason: `of its agents for ${whose} (software versions ${versions}), ${hex(best.swVersion, 4)} fits: ${phone}`,
  };
}

/** IoT chips differ by their sub code; feature set 0 is the plain variant. */
function chooseIot(entries: readonly AgentFileEntry[], identity: AgentEntryWish, whose: string): AgentEntryChoice {
  const sub = hex(identity.hwSubCode, 4);
  const fitting = entries.filter((entry) => entry.hwSubCode === identity.hwSubCode);
  const best = fitting.find((entry) => entry.featureSet === 0) ?? fitting[0];
  if (best) return { entry: best, reason: `it has an agent for ${whose} with sub code ${sub}` };
  const codes = [...new Set(entries.map((entry) => hex(entry.hwSubCode, 4)))].join(', ');
  return { entry: undefined, reason: `its agents for ${whose} are for sub codes ${codes}; the phone has ${sub}` };
}

/** The names of all chips that an agent file lists under this code. */
function entryName(code: number): string {
  const chips = CHIPS.filter((chip) => chip.agentFileHwCode === code || chip.hwCode === code);
  const names = [...new Set(chips.map((chip) => chip.names[0] as string))];
  return names.length > 0 ? names.join('/') : `hw_code ${hex(code, 4)}`;
}

function article(name: string): string {
  return name.startsWith('chip') ? `a ${name}` : `an ${name}`;
}
