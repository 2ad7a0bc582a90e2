/** Names of regions (READ-, WRITE-, ERASE-FLASH) and of partitions. docs/protocol/xml-agent.md, "Region names". */
import type { Region } from '@unbrick/core';
import { regionSize } from '../flash/fitted-storage.js';
import { PreloaderSink } from '../flash/preloader-sink.js';
import type { ImageSink } from '../flash/programmer.js';
import { RawSink } from '../flash/raw-sink.js';
import { PartitionSink } from '../flash/sparse-sink.js';
import { CommandFailed, flashOf, type XmlAgentState } from './agent-state.js';

/** A run of bytes with a name. With two regions it stands for the same place in both: copies of the preloader. */
export interface Area {
  name: string;
  regions: readonly Region[];
  start: number;
  size: number;
}

const REGIONS: Readonly<Record<string, readonly Region[]>> = {
  'EMMC-BOOT1': ['boot1'],
  'EMMC-BOOT2': ['boot2'],
  'EMMC-BOOT1BOOT2': ['boot1', 'boot2'],
  'EMMC-RPMB': ['rpmb'],
  'EMMC-GP1': ['gp1'],
  'EMMC-GP2': ['gp2'],
  'EMMC-GP3': ['gp3'],
  'EMMC-GP4': ['gp4'],
  'EMMC-USER': ['user'],
  'UFS-LUA0': ['lu0'],
  'UFS-LUA1': ['lu1'],
  'UFS-LUA0LUA1': ['lu0', 'lu1'],
  'UFS-LUA2': ['lu2'],
};

/** Not a partition of the table, but known by name: the preloader, in both boot regions. */
export const PRELOADER = 'preloader';
/** The two copies of the table itself. */
const TABLES = ['pgpt', 'sgpt'];

/** A whole region. @throws CommandFailed when this phone does not have it */
export function regionArea({ session }: XmlAgentState, name: string): Area {
  const regions = REGIONS[name] ?? [];
  const size = Math.min(...regions.map((region) => regionSize(session.storage, region)));
  if (regions.length === 0 || size === 0) throw new CommandFailed(`Cannot find [${name}] on current device storage.\n`);
  // Reading and writing RPMB takes a key that the agent does not have.
  if (regions.includes('rpmb')) throw new CommandFailed(`Security deny for [${name}].\n`);
  return { name, regions, start: 0, size };
}

/** With secured download, nothing is changed for a host without signatures. @throws CommandFailed */
export function refuseUnsigned({ session }: XmlAgentState, name: string): void {
  if (session.faults.signedOnly) throw new CommandFailed(`Security deny for [${name}].\n`);
}

/** What a format of the whole storage reaches: RPMB stays. */
const FORMATTED: readonly Region[] = ['boot1', 'boot2', 'gp1', 'gp2', 'gp3', 'gp4', 'user', 'lu0', 'lu1', 'lu2'];

export function wholeStorage({ session }: XmlAgentState): Area[] {
  return FORMATTED.map((region) => {
    return { name: region, regions: [region], start: 0, size: regionSize(session.storage, region) };
  }).filter(({ size }) => size > 0);
}

/** Undefined when neither the table nor the agent knows the name. */
export async function findPartition(state: XmlAgentState, name: string): Promise<Area | undefined> {
  const { fitted, session, tables } = state;
  const userSize = regionSize(session.storage, fitted.user);
  switch (name.toLowerCase()) {
    case PRELOADER: {
      const size = Math.min(...fitted.boot.map((region) => regionSize(session.storage, region)));
      return { name, regions: fitted.boot, start: 0, size };
    }
    case 'pgpt':
      return { name, regions: [fitted.user], start: 0, size: userSize };
    case 'sgpt':
      // Written so that it ends with the last sector; how much that is, the file decides.
      return { name, regions: [fitted.user], start: 0, size: userSize };
    default: {
      const found = await tables.find(name);
      return found && { name: found.name, regions: [found.region], start: found.start, size: found.size };
    }
  }
}

/** @throws CommandFailed */
export async function requirePartition(state: XmlAgentState, name: string): Promise<Area> {
  const area = await findPartition(state, name);
  if (area === undefined) throw new CommandFailed(`Cannot find [${name}] info from partition table.\n`);
  return area;
}

export function isPreloader({ name }: Area): boolean {
  return name.toLowerCase() === PRELOADER;
}

export function isTable({ name }: Area): boolean {
  return TABLES.includes(name.toLowerCase());
}

/** Where an image for this partition goes, `total` bytes long. */
export function partitionSink(state: XmlAgentState, area: Area, total: number): ImageSink {
  const flash = flashOf(state);
  if (isPreloader(area)) return new PreloaderSink(flash, total);
  const [region] = area.regions as [Region];
  if (area.name.toLowerCase() === 'sgpt') {
    const { blockSize } = state.fitted;
    const start = area.size - Math.ceil(total / blockSize) * blockSize;
    return new RawSink(flash, region, start, area.size - start);
  }
  if (isTable(area)) return new RawSink(flash, region, area.start, area.size);
  return new PartitionSink(flash, { name: area.name, region, start: area.start, size: area.size });
}

/** Bytes as they come, into each of the area's regions. */
export function rawSink(state: XmlAgentState, { regions, start, size }: Area): ImageSink {
  const sinks = regions.map((region) => new RawSink(flashOf(state), region, start, size));
  return {
    write: async (bytes) => {
      for (const sink of sinks) await sink.write(bytes);
    },
    finish: async () => {},
  };
}
