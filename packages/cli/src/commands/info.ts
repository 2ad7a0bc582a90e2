import {
  type AgentJob,
  type DeviceIdentity,
  describeSecurity,
  type NandGeometry,
  type PartitionTable,
  type StorageInfo,
  tableOf,
  withAgent,
} from '@unbrick/core';
import { formatBytes } from '../render/format.js';
import { agentCommand } from './agent-command.js';
import type { AgentOptions } from './agent-options.js';

/** What `info` finds out; the JSON form of the command. Sizes in bytes, numbers of the chip as the boot ROM gives them. */
interface PhoneInfo {
  type: 'info';
  identity: DeviceIdentity;
  security: string;
  storage?: { kind: string; id: string; ramSize?: number; regions: Record<string, number>; nand?: NandGeometry };
  /** Where the agent tells it. */
  batteryMillivolts?: number;
  partitionTable?: PartitionTable;
  agent?: string;
}

/**
 * `unbrick info [firmware]`: who is connected. Mode, chip and security need nothing; storage and partition table need a
 * Download Agent, taken from the firmware or from `--da`.
 */
export function infoCommand(options: AgentOptions): Promise<number> {
  return agentCommand(options, async ({ renderer, open }) => {
    const info = await readInfo(await open());
    renderer.pause();
    if (options.json) process.stdout.write(`${JSON.stringify(info)}\n`);
    else for (const line of infoLines(info)) renderer.say(line);
    return 'done';
  });
}

function readInfo(job: AgentJob): Promise<PhoneInfo> {
  return withAgent(job, async ({ identity }, agent) => {
    const info: PhoneInfo = { type: 'info', identity, security: describeSecurity(identity) };
    const note = (message: string) => job.emit({ type: 'note', phase: 'identify', message });
    if (!agent) {
      note('For storage and partition table, name a firmware folder or an agent file (--da FILE).');
      return info;
    }
    info.agent = `${agent.generation}, ${agent.version}`;
    info.storage = storageInfo(agent.storage);
    const battery = await agent.batteryMillivolts?.();
    if (battery !== undefined) info.batteryMillivolts = battery;
    const table = await tableOf(agent);
    if (table) info.partitionTable = table;
    else note('The phone has no valid partition table.');
    return info;
  });
}

function storageInfo(storage: StorageInfo): NonNullable<PhoneInfo['storage']> {
  return {
    kind: storage.kind,
    id: Buffer.from(storage.id).toString('hex'),
    ...(storage.ramSize ? { ramSize: storage.ramSize } : {}),
    regions: Object.fromEntries(storage.regions),
    ...(storage.nand ? { nand: storage.nand } : {}),
  };
}

function infoLines(info: PhoneInfo): string[] {
  const { identity, storage, partitionTable, batteryMillivolts } = info;
  const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`;
  const chip = identity.chip;
  const lines = [
    `Mode       ${identity.stage === 'brom' ? 'BROM (boot ROM)' : `preloader, version ${identity.bootloaderVersion}`}`,
    `Chip       ${chip ? `${chip.names.join(' / ')}${chip.marketingName ? ` (${chip.marketingName})` : ''}` : 'unknown'}, hw_code ${hex(identity.hwCode)}`,
    `Revision   sub ${hex(identity.hwSubCode)}, hardware ${hex(identity.hwVersion)}, software ${hex(identity.swVersion)}`,
    `Security   ${info.security} (${hex(identity.targetConfig.raw)})`,
  ];
  if (info.agent) lines.push(`Agent      ${info.agent}`);
  if (storage) {
    lines.push(`Storage    ${storage.kind.toUpperCase()}, id ${storage.id}`);
    for (const [region, size] of Object.entries(storage.regions)) {
      if (size > 0) lines.push(`           ${region.padEnd(6)} ${formatBytes(size)}`);
    }
    if (storage.nand) lines.push(`           ${nandText(storage.nand)}`);
    if (storage.ramSize) lines.push(`RAM        ${formatBytes(storage.ramSize)}`);
  }
  if (batteryMillivolts) lines.push(`Battery    ${(batteryMillivolts / 1000).toFixed(2)} V`);
  if (partitionTable) {
    lines.push(
      `Partitions ${partitionTable.partitions.length}, ${partitionTable.kind.toUpperCase()}, from ${partitionTable.source}`,
    );
    for (const { name, region, start, length } of partitionTable.partitions) {
      lines.push(
        `           ${name.padEnd(16)} ${region} 0x${start.toString(16).padStart(9, '0')}  ${formatBytes(length)}`,
      );
    }
  }
  return lines;
}

function nandText({ pageSize, spareSize, eraseBlock, poolSize, replacedBlocks }: NandGeometry): string {
  const replaced = replacedBlocks === undefined ? '' : `, ${replacedBlocks} bad blocks replaced`;
  return `pages of ${pageSize} + ${spareSize} bytes, erase blocks of ${formatBytes(eraseBlock)}, ${formatBytes(poolSize)} for bad blocks${replaced}`;
}
