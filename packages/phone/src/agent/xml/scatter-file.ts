/** The scatter file as the agent reads it for FLASH-ALL and its kin: XML, one storage of possibly several. */
import type { Region } from '@unbrick/core';
import { readXml, type XmlElement, XmlError, xmlText } from '@unbrick/core/wire';
import { regionSize } from '../flash/fitted-storage.js';
import { CommandFailed, required, type XmlAgentState } from './agent-state.js';
import { downloadToMemory } from './download-file.js';
import { parseNumber } from './text-channel.js';

export interface ScatterPartition {
  name: string;
  fileName: string | undefined;
  isDownload: boolean;
  region: Region;
  start: number;
  size: number;
  operation: string;
}

const SCATTER_LIMIT = 4 << 20;
/** Addresses of reserved partitions from here on count allocation blocks back from the end of the region. */
const FROM_END = 0xffff0000;

/** Asks the host for its scatter file. @throws CommandFailed */
export async function downloadScatter(state: XmlAgentState, sourceFile: string): Promise<ScatterPartition[]> {
  const file = await downloadToMemory(state, { info: 'scatter-file', sourceFile, limit: SCATTER_LIMIT });
  let root: XmlElement;
  try {
    root = readXml(file);
  } catch (error) {
    if (error instanceof XmlError) throw new CommandFailed('XML parser exception.\n');
    throw error;
  }
  return placed(state, root);
}

function placed(state: XmlAgentState, root: XmlElement): ScatterPartition[] {
  const { storage } = state.session;
  const kind = storage.kind.toUpperCase();
  const sections = root.children.filter(({ name }) => name === 'storage_type');
  const section = sections.length > 0 ? sections.find(({ attributes }) => attributes.get('name') === kind) : root;
  if (section === undefined) throw new CommandFailed(`Cannot find [${kind}] on current device storage.\n`);
  const blockSize = allocationBlock(section);
  const { user, boot } = state.fitted;
  const end = regionSize(storage, user);
  const partitions = section.children
    .filter(({ name }) => name === 'partition_index')
    .map((element) => {
      const isBoot = required(element, 'operation_type') === 'BOOTLOADERS';
      const address = parseNumber(required(element, 'physical_start_addr').toLowerCase());
      const size = parseNumber((xmlText(element, 'partition_size') ?? '').toLowerCase());
      const fileName = required(element, 'file_name');
      const reserved = required(element, 'operation_type') === 'RESERVED';
      return {
        name: required(element, 'partition_name'),
        fileName: fileName === 'NONE' || fileName === '' ? undefined : fileName,
        isDownload: required(element, 'is_download') === 'true',
        region: (isBoot ? boot[0] : user) as Region,
        start: reserved && address >= FROM_END ? end - ((address - FROM_END) * blockSize || size) : address,
        size,
        operation: required(element, 'operation_type'),
      };
    });
  for (const partition of partitions) {
    if (partition.size > 0) continue;
    // The rest of the region, up to what lies at its end.
    const later = partitions.filter(({ region, start }) => region === partition.region && start > partition.start);
    partition.size = Math.min(end, ...later.map(({ start }) => start)) - partition.start;
  }
  return partitions;
}

/** Bytes that one step of an address from the end stands for; older files say it in another place. */
function allocationBlock(section: XmlElement): number {
  const text =
    xmlText(section, 'general', 'storage', 'block_size') ?? xmlText(section, 'general', 'config_version', 'block_size');
  return parseNumber(text?.toLowerCase());
}
