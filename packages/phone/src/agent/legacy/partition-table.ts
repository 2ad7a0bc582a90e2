import {
  concat,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyGptEntry,
  LegacyPart,
  LegacyPmtEntry,
  LegacyTableState,
} from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { SECTOR } from './address-range.js';
import { readGpt, usableEnd, writeGptCopy } from './gpt-copies.js';
import { word } from './host-line.js';
import { errorOf } from './packets.js';
import { type PmtEntry, pmtCapacity, readPmt, writePmt } from './pmt-copies.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** Entries that the agents' buffer takes. */
const MAX_ENTRIES = 40;
/** A count beyond this is no table: the stream is out of step. */
const MAD_COUNT = 0x1000;
/** Flag of the first GPT copy in WRITE_GPT; 1 means the second. */
const PRIMARY = 0;
const SECONDARY = 1;

/** SDMMC_READ_PMT: the phone's partitions, in the entry form of this build. */
export async function readTable(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  logCommand(agent, LegacyCommand.SDMMC_READ_PMT, false);
  // Agents that are told which kind of table the project has look for no other.
  const gpt = agent.config.gpt ?? session.profile.storage.table === 'gpt';
  const found = gpt ? await gptAnswer(agent) : await pmtAnswer(agent);
  if (!found) return host.refuse(LegacyError.PART_NO_VALID_TABLE);
  await host.send(Uint8Array.of(found.state), word(found.entries.length));
  if ((await host.u8()) !== LegacyByte.ACK) return;
  await host.send(found.entries);
  await host.u8();
}

interface TableAnswer {
  state: number;
  entries: Uint8Array;
}

async function gptAnswer({ session }: Stage2): Promise<TableAnswer | undefined> {
  const { primary, secondary } = await readGpt(session.storage);
  const table = primary ?? secondary;
  if (!table) return undefined;
  const { BOTH_GPT, PRIMARY_GPT, SECONDARY_GPT } = LegacyTableState;
  const entries = table
    .slice(0, MAX_ENTRIES)
    .map((entry) => LegacyGptEntry.build({ ...entry, region: LegacyPart.USER, padding: new Uint8Array(0) }));
  return {
    state: primary && secondary ? BOTH_GPT : primary ? PRIMARY_GPT : SECONDARY_GPT,
    entries: concat(...entries),
  };
}

async function pmtAnswer({ session }: Stage2): Promise<TableAnswer | undefined> {
  const table = await readPmt(session.storage);
  if (!table) return undefined;
  const entries = table.entries.slice(0, MAX_ENTRIES).map(({ name, size, start, mask, partId }) =>
    LegacyPmtEntry.build({
      name,
      size,
      partId: partId ?? (name.toUpperCase() === 'PRELOADER' ? LegacyPart.BOOT1 : LegacyPart.USER),
      offset: start,
      mask,
    }),
  );
  return { state: LegacyTableState.PMT, entries: concat(...entries) };
}

/** SDMMC_WRITE_GPT: one copy of the GPT from entries of the host. */
export async function writeGpt(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  await host.ack();
  const position = await host.u8();
  const count = await host.u32();
  logCommand(agent, LegacyCommand.SDMMC_WRITE_GPT, true, { position, count });
  if (count > MAD_COUNT) await hang(session.wire);
  const raw = await host.bytes(count * LegacyGptEntry.size);
  if (position !== PRIMARY && position !== SECONDARY) return host.refuse(LegacyError.PMT_NO_SPACE);
  if (count > MAX_ENTRIES) return host.refuse(LegacyError.DA_EXCEED_MAX_PARTITION_COUNT);
  const entries = parseGptEntries(raw, usableEnd(session.storage));
  if (!entries) return host.refuse(LegacyError.PMT_NO_SPACE);
  const work = writeGptCopy(session.storage, position === PRIMARY ? 'primary' : 'secondary', entries);
  const error = await errorOf(work, LegacyError.DA_SDMMC_WRITE_FAILED);
  await (error === undefined ? host.ack() : host.refuse(error));
}

/** The entries that make a table, or nothing when one does not fit this phone. */
function parseGptEntries(raw: Uint8Array, end: number) {
  try {
    const entries = [];
    for (let at = 0; at < raw.length; at += LegacyGptEntry.size) {
      const { name, start, size } = LegacyGptEntry.parse(raw, at);
      if (size === 0) continue;
      if (start % SECTOR !== 0 || size % SECTOR !== 0 || start + size > end) return undefined;
      entries.push({ name, start, size });
    }
    return entries;
  } catch (failure) {
    if (failure instanceof RangeError) return undefined; // a 64-bit number no storage has
    throw failure;
  }
}

/** SDMMC_WRITE_PMT. Builds for GPT phones have an empty handler: not a byte comes back. */
export async function writePmtTable(agent: Stage2): Promise<void> {
  const { host, session } = agent;
  if (session.profile.storage.table === 'gpt') {
    logCommand(agent, LegacyCommand.SDMMC_WRITE_PMT, false);
    return;
  }
  await host.ack();
  const count = await host.u32();
  logCommand(agent, LegacyCommand.SDMMC_WRITE_PMT, true, { count });
  if (count > MAD_COUNT) await hang(session.wire);
  await host.ack();
  const raw: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    raw.push(await host.bytes(LegacyPmtEntry.size));
    await host.sendByte(LegacyByte.CONT);
  }
  await host.u32(); // update or create: the table is written whole in both cases
  await host.ack();

  const { generation, form } = (await readPmt(session.storage)) ?? { generation: 1, form: 'plain' };
  const entries = parsePmtEntries(raw, session.storage.regions.get('user') ?? 0);
  if (!entries || entries.length > pmtCapacity(form)) return host.refuse(LegacyError.PMT_NO_SPACE);
  const error = await errorOf(
    writePmt(session.storage, { generation, form, entries }),
    LegacyError.DA_SDMMC_WRITE_FAILED,
  );
  await (error === undefined ? host.ack() : host.refuse(error));
}

function parsePmtEntries(raw: readonly Uint8Array[], end: number): PmtEntry[] | undefined {
  try {
    const entries = raw.map((bytes) => {
      const { name, size, offset, partId, mask } = LegacyPmtEntry.parse(bytes);
      return { name, size, start: offset, partId, mask };
    });
    return entries.every(({ start, size }) => start + size <= end) ? entries : undefined;
  } catch (failure) {
    if (failure instanceof RangeError) return undefined; // a 64-bit number no storage has
    throw failure;
  }
}
