/** READ-FLASH, READ-PARTITION and READ-PARTITION-TABLE. docs/protocol/xml-agent.md, "READ-FLASH". */
import type { Region } from '@unbrick/core';
import { writeXml, type XmlElement } from '@unbrick/core/wire';
import { CommandFailed, logCommand, required, requireStorage, type XmlAgentState } from './agent-state.js';
import { type Area, regionArea, requirePartition } from './areas.js';
import { wireHex } from './request.js';
import { parseNumber } from './text-channel.js';
import { FLASH_MARK, uploadFile, uploadText } from './upload-file.js';

export async function readFlash(state: XmlAgentState, root: XmlElement): Promise<void> {
  const name = required(root, 'arg', 'partition');
  const offset = parseNumber(required(root, 'arg', 'offset'));
  const length = required(root, 'arg', 'length');
  const targetFile = required(root, 'arg', 'target_file');
  requireStorage(state);
  logCommand(state, 'READ-FLASH', false, { partition: name, offset, length });
  const area = regionArea(state, name);
  if (offset > area.size) throw new CommandFailed('base address is larger than partition max size.\n');
  const left = area.size - offset;
  const size = length === 'MAX' ? left : parseNumber(length);
  if (size > left) {
    throw new CommandFailed(
      `Read length[${wireHex(size)}] is larger than partition max size[${wireHex(area.size)}].\n`,
    );
  }
  await uploadArea(state, { ...area, start: offset, size }, targetFile);
}

export async function readPartition(state: XmlAgentState, root: XmlElement): Promise<void> {
  const name = required(root, 'arg', 'partition');
  const targetFile = required(root, 'arg', 'target_file');
  requireStorage(state);
  logCommand(state, 'READ-PARTITION', false, { partition: name });
  await uploadArea(state, await requirePartition(state, name), targetFile);
}

export async function uploadArea(state: XmlAgentState, area: Area, targetFile: string): Promise<void> {
  const { storage } = state.session;
  const [region] = area.regions as readonly [Region];
  await uploadFile(state, {
    info: area.name,
    targetFile,
    total: area.size,
    mark: FLASH_MARK,
    read: (offset, length) => storage.read(region, area.start + offset, length),
  });
}

/** An empty list when there is no valid table. */
export async function readPartitionTable(state: XmlAgentState, root: XmlElement): Promise<void> {
  const targetFile = required(root, 'arg', 'target_file');
  requireStorage(state);
  logCommand(state, 'READ-PARTITION-TABLE');
  const partitions = (await state.tables.partitions()) ?? [];
  const text = writeXml({
    name: 'partition_table',
    attributes: { version: '1.0' },
    content: partitions.map(({ name, start, size }) => ({
      name: 'pt',
      content: [
        { name: 'name', content: name },
        { name: 'start', content: wireHex(start) },
        { name: 'size', content: wireHex(size) },
      ],
    })),
  });
  await uploadText(state, { info: 'partition-table', targetFile, text, nul: true });
}
