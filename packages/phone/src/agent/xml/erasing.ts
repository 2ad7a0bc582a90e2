/** ERASE-FLASH and ERASE-PARTITION. docs/protocol/xml-agent.md, "ERASE-FLASH". */
import { type XmlElement, xmlText } from '@unbrick/core/wire';
import { StorageFault } from '../../storage/phone-storage.js';
import { CommandFailed, logCommand, required, requireStorage, type XmlAgentState } from './agent-state.js';
import { type Area, findPartition, isTable, refuseUnsigned, regionArea, wholeStorage } from './areas.js';
import { withProgress } from './progress.js';
import { parseNumber } from './text-channel.js';

/** Bad-block tables of NAND storage, which these phones do not have. */
const BAD_BLOCK_TABLES = ['NAND-BMT', 'BMT'];

export async function eraseFlash(state: XmlAgentState, root: XmlElement): Promise<void> {
  const name = required(root, 'arg', 'partition');
  const offset = parseNumber(xmlText(root, 'arg', 'offset'));
  const length = xmlText(root, 'arg', 'length') ?? 'MAX';
  requireStorage(state);
  logCommand(state, 'ERASE-FLASH', true, { partition: name, offset, length });
  if (BAD_BLOCK_TABLES.includes(name)) throw new CommandFailed(`Cannot find [${name}] on current device storage.\n`);
  const areas = name === 'ALL' ? wholeStorage(state) : [within(regionArea(state, name), offset, length)];
  await eraseWithProgress(state, name, areas);
  state.tables.forget();
}

export async function erasePartition(state: XmlAgentState, root: XmlElement): Promise<void> {
  const name = required(root, 'arg', 'partition');
  requireStorage(state);
  logCommand(state, 'ERASE-PARTITION', true, { partition: name });
  const area = await findPartition(state, name);
  if (area === undefined || isTable(area)) throw new CommandFailed(`Find [${name}] from partition table failed.\n`);
  await eraseWithProgress(state, name, [area]);
}

/** The part of a region that offset and length ask for. @throws CommandFailed */
function within(area: Area, offset: number, length: string): Area {
  if (offset > area.size) throw new CommandFailed('offset is larger than partition max size.\n');
  const left = area.size - offset;
  const size = length === 'MAX' ? left : parseNumber(length);
  if (size > left) throw new CommandFailed('erase length is larger than partition max size.\n');
  return { ...area, start: offset, size };
}

/** Tells 0, 50 and 100 percent; the host can stop it halfway. @throws CommandFailed */
export async function eraseWithProgress(state: XmlAgentState, label: string, areas: readonly Area[]): Promise<void> {
  refuseUnsigned(state, label);
  const { storage } = state.session;
  const pieces = areas.flatMap(({ regions, start, size }) =>
    regions.flatMap((region) => halves(start, size, state.fitted.blockSize).map((half) => ({ region, ...half }))),
  );
  await withProgress(state, label, async (report) => {
    if (!(await report(0))) return;
    for (const [index, { region, start, length }] of pieces.entries()) {
      try {
        await storage.erase(region, start, length);
      } catch (error) {
        if (error instanceof StorageFault) throw new CommandFailed(`Erase [${label}] Failed.\n`);
        throw error;
      }
      const percent = Math.floor((100 * (index + 1)) / pieces.length);
      if (percent >= 50 && percent < 100 && !(await report(percent))) return;
    }
    await report(100);
  });
}

function halves(start: number, size: number, blockSize: number): { start: number; length: number }[] {
  const first = Math.floor(size / 2 / blockSize) * blockSize;
  return [
    { start, length: first },
    { start: start + first, length: size - first },
  ].filter(({ length }) => length > 0);
}
