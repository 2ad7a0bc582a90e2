/**
 * FLASH-UPDATE: a firmware upgrade that keeps what is protected. docs/protocol/xml-agent.md, "FLASH-UPDATE". The inner order
 * is the best that is known of it.
 */
import type { Region } from '@unbrick/core';
import type { XmlElement } from '@unbrick/core/wire';
import { RawSink } from '../flash/raw-sink.js';
import { CommandFailed, flashOf, logCommand, required, requireStorage, type XmlAgentState } from './agent-state.js';
import { type Area, requirePartition } from './areas.js';
import { downloadToFlash, downloadToMemory } from './download-file.js';
import { eraseWithProgress } from './erasing.js';
import { fileExists, fileSystemOperation } from './file-system.js';
import { compareLayout, type FlashItem, flashItems, listedItems, tickedItems, writeTables } from './flash-all.js';
import { uploadArea } from './reading.js';
import { downloadScatter, type ScatterPartition } from './scatter-file.js';
import { uploadBytes } from './upload-file.js';

const RECORD = 'record_history.bin';
const RECORD_LIMIT = 0x1000;
/** The record says that the backup is complete. */
const BACKUP_COMPLETE = new TextEncoder().encode('S1\0');
const KEPT = ['PROTECTED', 'BINREGION'];

export async function flashUpdate(state: XmlAgentState, root: XmlElement): Promise<void> {
  await update(state, root, (scatter) => tickedItems(root, scatter));
}

export async function flashUpdateListed(state: XmlAgentState, root: XmlElement): Promise<void> {
  await update(state, root, (scatter) => listedItems(root, scatter));
}

async function update(
  state: XmlAgentState,
  root: XmlElement,
  choose: (scatter: readonly ScatterPartition[]) => FlashItem[],
): Promise<void> {
  const mark = required(root, 'arg', 'path_separator');
  const sourceFile = required(root, 'arg', 'source_file');
  const folder = required(root, 'arg', 'backup_folder');
  requireStorage(state);
  logCommand(state, 'FLASH-UPDATE', true, { scatter: sourceFile });
  const scatter = await downloadScatter(state, sourceFile);
  const items = choose(scatter);
  const fileOf = (name: string) => `${folder}${mark}${name}`;
  if (!(await fileExists(state, folder))) await must(fileSystemOperation(state, 'MKDIR', folder));

  const interrupted = await backupComplete(state, fileOf(RECORD));
  const kept = scatter.filter(({ operation }) => KEPT.includes(operation));
  const changed = (await compareLayout(state, scatter)) !== 'equal';
  if (changed && !interrupted) await backUp(state, kept, fileOf);
  if (changed || interrupted) {
    await writeTables(state, scatter);
    for (const partition of kept) await restore(state, partition, fileOf(partition.name));
  }
  const rewritten = new Set(items.map(({ name }) => name));
  for (const { name, operation } of scatter) {
    if (operation !== 'INVISIBLE' || rewritten.has(name) || name.toLowerCase() === 'pgpt') continue;
    await eraseWithProgress(state, name, [await requirePartition(state, name)]);
  }
  await flashItems(state, items);
  await must(fileSystemOperation(state, 'REMOVE-ALL', folder));
}

/** An upgrade that was interrupted has left a record: its backup is the one that counts. */
async function backupComplete(state: XmlAgentState, record: string): Promise<boolean> {
  if (!(await fileExists(state, record))) return false;
  const bytes = await downloadToMemory(state, { info: 'FW-RECORD', sourceFile: record, limit: RECORD_LIMIT });
  return BACKUP_COMPLETE.every((byte, i) => bytes[i] === byte);
}

async function backUp(
  state: XmlAgentState,
  kept: readonly ScatterPartition[],
  fileOf: (name: string) => string,
): Promise<void> {
  for (const { name, size } of kept) {
    const area = await requirePartition(state, name);
    // What was grown or shrunk cannot be put back.
    if (area.size !== size) throw new CommandFailed(`Data size bigger than partition max size.\n`);
    await uploadArea(state, area, fileOf(name));
  }
  await uploadBytes(state, 'FW-RECORD', fileOf(RECORD), BACKUP_COMPLETE);
}

async function restore(state: XmlAgentState, { name }: ScatterPartition, sourceFile: string): Promise<void> {
  const area: Area = await requirePartition(state, name);
  const [region] = area.regions as readonly [Region];
  const sink = () => new RawSink(flashOf(state), region, area.start, area.size);
  await downloadToFlash(state, { info: name, sourceFile, limit: area.size }, sink);
}

async function must(result: Promise<{ ok: boolean }>): Promise<void> {
  if (!(await result).ok) throw new CommandFailed('Host notice error.\n');
}
