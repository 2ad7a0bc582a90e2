/** FLASH-ALL and WRITE-PARTITIONS: the device works through a scatter file. docs/protocol/xml-agent.md, "FLASH-ALL". */
import { type XmlElement, xmlPath } from '@unbrick/core/wire';
import { gptCopies } from '../../birth/gpt.js';
import { Noise } from '../../birth/random.js';
import { regionSize } from '../flash/fitted-storage.js';
import { CommandFailed, logCommand, required, requireStorage, type XmlAgentState } from './agent-state.js';
import { isPreloader, requirePartition } from './areas.js';
import { eraseWithProgress } from './erasing.js';
import { splitPath } from './file-system.js';
import { downloadScatter, type ScatterPartition } from './scatter-file.js';
import { writeImage } from './writing.js';

/** One image and where it goes. */
export interface FlashItem {
  name: string;
  file: string;
}

export async function flashAll(state: XmlAgentState, root: XmlElement): Promise<void> {
  await flashByScatter(state, root, 'FLASH-ALL', (scatter) => tickedItems(root, scatter));
}

export async function flashAllListed(state: XmlAgentState, root: XmlElement): Promise<void> {
  await flashByScatter(state, root, 'FLASH-ALL', (scatter) => listedItems(root, scatter));
}

async function flashByScatter(
  state: XmlAgentState,
  root: XmlElement,
  command: string,
  choose: (scatter: readonly ScatterPartition[]) => FlashItem[],
): Promise<void> {
  separator(root);
  const sourceFile = required(root, 'arg', 'source_file');
  requireStorage(state);
  logCommand(state, command, true, { scatter: sourceFile });
  const scatter = await downloadScatter(state, sourceFile);
  const items = choose(scatter);
  const layout = await compareLayout(state, scatter);
  if (layout === 'differs') throw new CommandFailed('GPT layout change. FW upgrade or Format all first.\n');
  if (layout === 'blank') await writeTables(state, scatter);
  await flashItems(state, items);
}

/** The images of a list, without a look at the layout. */
export async function writePartitions(state: XmlAgentState, root: XmlElement): Promise<void> {
  const sourceFile = required(root, 'arg', 'source_file');
  requireStorage(state);
  logCommand(state, 'WRITE-PARTITIONS', true, { scatter: sourceFile });
  const scatter = await downloadScatter(state, sourceFile);
  await flashItems(state, listedItems(root, scatter));
}

/** What the scatter file has ticked, with the files beside it. @throws CommandFailed */
export function tickedItems(root: XmlElement, scatter: readonly ScatterPartition[]): FlashItem[] {
  const mark = separator(root);
  const folder = splitPath(required(root, 'arg', 'source_file')).folder.slice(0, -1);
  return scatter.flatMap(({ name, fileName, isDownload }) =>
    isDownload && fileName !== undefined ? [{ name, file: `${folder}${mark}${fileName}` }] : [],
  );
}

/** What the command lists. @throws CommandFailed for a name that the scatter file does not have */
export function listedItems(root: XmlElement, scatter: readonly ScatterPartition[]): FlashItem[] {
  const list = xmlPath(root, 'arg', 'flash_list');
  if (list === undefined) required(root, 'arg', 'flash_list');
  return (list?.children ?? [])
    .filter(({ name }) => name === 'pt')
    .map(({ attributes, text }) => {
      const name = attributes.get('name') ?? '';
      if (!scatter.some((partition) => partition.name === name)) {
        throw new CommandFailed(`Cannot find [${name}] info from partition table.\n`);
      }
      return { name, file: text.trim() };
    });
}

function separator(root: XmlElement): string {
  const mark = required(root, 'arg', 'path_separator');
  if (mark.length !== 1) throw new CommandFailed('Unknow path separator.\n');
  return mark;
}

/** The partitions of the user area: the table does not list itself, nor the preloader. */
export function tableEntries(state: XmlAgentState, scatter: readonly ScatterPartition[]): ScatterPartition[] {
  return scatter.filter(({ name, region }) => region === state.fitted.user && !/^[ps]gpt$/i.test(name));
}

/** Does the phone's table say what the scatter file says? `blank`: there is no table. */
export async function compareLayout(
  state: XmlAgentState,
  scatter: readonly ScatterPartition[],
): Promise<'equal' | 'differs' | 'blank'> {
  const present = await state.tables.partitions();
  if (present === undefined) return 'blank';
  const wanted = tableEntries(state, scatter);
  const equal =
    wanted.length === present.length &&
    wanted.every(({ name, start, size }) =>
      present.some((each) => each.name === name && each.start === start && each.size === size),
    );
  return equal ? 'equal' : 'differs';
}

/** Both copies of the table, made from the scatter file. */
export async function writeTables(state: XmlAgentState, scatter: readonly ScatterPartition[]): Promise<void> {
  const { session, fitted, tables } = state;
  const copies = gptCopies({
    region: fitted.user,
    regionSize: regionSize(session.storage, fitted.user),
    sectorSize: fitted.blockSize,
    headSize: scatter.find(({ name }) => name.toLowerCase() === 'pgpt')?.size ?? 0,
    partitions: tableEntries(state, scatter),
    noise: new Noise(`${session.profile.name}/table`),
  });
  logCommand(state, 'WRITE-TABLES', true, { partitions: tableEntries(state, scatter).length });
  for (const { region, offset, bytes } of copies) await session.storage.write(region, offset, bytes);
  tables.forget();
}

/** Erases and writes one after the other; the preloader is erased within its own writing. @throws CommandFailed */
export async function flashItems(state: XmlAgentState, items: readonly FlashItem[]): Promise<void> {
  for (const [index, { name, file }] of items.entries()) {
    const area = await requirePartition(state, name);
    if (!isPreloader(area)) await eraseWithProgress(state, name, [area]);
    await writeImage(state, area, file, `${name} [${index + 1}/${items.length}]`);
  }
}
