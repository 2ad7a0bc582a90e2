import {
  type Agent,
  chooseAgent,
  connectPhone,
  type DeviceIdentity,
  describeSecurity,
  type FirmwarePackage,
  gatherFirmwareFacts,
  launchAgent,
  loadAgentFiles,
  MemoryFolder,
  type PartitionTable,
  type StorageInfo,
  UnbrickError,
} from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { openDiskFile } from '../files/disk-file.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { openPortSource } from '../ports/open-source.js';
import { formatBytes } from '../render/format.js';
import type { Renderer } from '../render/renderer.js';
import { openTraceFile } from '../trace-file.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface InfoOptions {
  port: string;
  da?: string;
  json?: boolean;
  wait: number;
  trace?: string;
}

/** Where no agent is found, when the user names neither firmware nor agent. */
const NO_FIRMWARE = { folder: new MemoryFolder(''), agentFiles: [], scatterPath: '' };

/** What `info` finds out; the JSON form of the command. Sizes in bytes, numbers of the chip as the boot ROM gives them. */
interface PhoneInfo {
  type: 'info';
  identity: DeviceIdentity;
  security: string;
  storage?: { kind: string; id: string; ramSize?: number; regions: Record<string, number> };
  partitionTable?: PartitionTable;
  agent?: string;
}

/**
 * `unbrick info [firmware]`: who is connected. Mode, chip and security need nothing; storage and partition table need a
 * Download Agent, taken from the firmware or from `--da`.
 */
export async function infoCommand(firmwarePath: string | undefined, options: InfoOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const interrupt = stopOnInterrupt(renderer);
  try {
    const info = await readInfo(firmwarePath, options, renderer, interrupt.signal);
    renderer.pause();
    if (options.json) process.stdout.write(`${JSON.stringify(info)}\n`);
    else for (const line of infoLines(info)) renderer.say(line);
    return ExitCode.DONE;
  } catch (cause) {
    return interrupt.signal.aborted ? ExitCode.INTERRUPTED : showError(cause, renderer);
  } finally {
    interrupt.release();
  }
}

async function readInfo(
  firmwarePath: string | undefined,
  options: InfoOptions,
  renderer: Renderer,
  stop: AbortSignal,
): Promise<PhoneInfo> {
  const firmware = firmwarePath === undefined ? undefined : await openFirmwarePath(firmwarePath);
  const agentFile = options.da === undefined ? undefined : await openDiskFile(options.da);
  const trace = options.trace === undefined ? undefined : await openTraceFile(options.trace);
  const onNote = (message: string) => renderer.show({ type: 'note', phase: 'connect', message });
  const source = await openPortSource(options.port, { onNote });
  const { link, bootRom, identity } = await connectPhone(source, {
    timeoutMs: options.wait,
    signal: stop,
    onNote,
    ...(trace ? { trace: trace.sink } : {}),
  });
  try {
    const info: PhoneInfo = { type: 'info', identity, security: describeSecurity(identity) };
    const choice = chooseAgent(await loadAgentFiles(firmware ?? NO_FIRMWARE, agentFile), identity);
    if (!choice.image) {
      for (const { file, why } of choice.rejected) onNote(`${file}: ${why}`);
      onNote('For storage and partition table, name a firmware folder or an agent file (--da FILE).');
      return info;
    }
    const agent = await launchAgent(link, bootRom, {
      identity,
      image: choice.image,
      emi: firmware && (await emiOf(firmware)),
      onProgress: (phase, bytes, total) => renderer.show({ type: 'progress', phase, bytes, total }),
      onNote,
    });
    info.agent = `${choice.image.fileName}: ${choice.image.description}`;
    info.storage = storageInfo(agent.storage);
    const table = await tableOf(agent);
    if (table) info.partitionTable = table;
    else onNote('The phone has no valid partition table.');
    await agent.reboot('normal');
    return info;
  } finally {
    await link.close();
    await trace?.close();
  }
}

async function emiOf(firmware: FirmwarePackage) {
  const layout = firmware.scatter.layouts[0];
  return layout && (await gatherFirmwareFacts(firmware, layout, [])).preloader?.emi;
}

async function tableOf(agent: Agent): Promise<PartitionTable | undefined> {
  try {
    return await agent.readPartitionTable();
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'NO_PARTITION_TABLE') return undefined;
    throw cause;
  }
}

function storageInfo(storage: StorageInfo): NonNullable<PhoneInfo['storage']> {
  return {
    kind: storage.kind,
    id: Buffer.from(storage.id).toString('hex'),
    ...(storage.ramSize ? { ramSize: storage.ramSize } : {}),
    regions: Object.fromEntries(storage.regions),
  };
}

function infoLines(info: PhoneInfo): string[] {
  const { identity, storage, partitionTable } = info;
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
    if (storage.ramSize) lines.push(`RAM        ${formatBytes(storage.ramSize)}`);
  }
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
