import type { Extent, Region } from '@unbrick/core';
import mt6572 from './mt6572-nand.json';
import mt6577 from './mt6577-emmc.json';
import mt6580 from './mt6580-emmc.json';
import mt6582 from './mt6582-emmc.json';
import mt6589 from './mt6589-emmc.json';
import mt6592 from './mt6592-emmc.json';
import mt6735 from './mt6735-emmc.json';
import mt6753 from './mt6753-emmc.json';
import mt6757 from './mt6757-emmc.json';
import mt6765 from './mt6765-emmc.json';
import mt6771 from './mt6771-ufs.json';
import mt6785 from './mt6785-ufs.json';
import mt6833 from './mt6833-ufs.json';
import mt6855 from './mt6855-emmc.json';
import mt6895 from './mt6895-ufs.json';
import mt8163 from './mt8163-emmc.json';
import mt8173 from './mt8173-emmc.json';
import { nandProblem } from './nand-problem.js';
import type { Profile, ProfilePartition } from './profile.js';
import schema from './profile.schema.json';
import { readBySchema, type Schema, SchemaMismatch } from './schema-reader.js';
import { storageLayout } from './storage-layout.js';

const PROFILES: readonly { name: string }[] = [
  mt6572,
  mt6577,
  mt6580,
  mt6582,
  mt6589,
  mt6592,
  mt6735,
  mt6753,
  mt6757,
  mt6765,
  mt6771,
  mt6785,
  mt6833,
  mt6855,
  mt6895,
  mt8163,
  mt8173,
];
const BUILT_IN = new Map<string, unknown>(PROFILES.map((profile) => [profile.name, profile]));

/** A profile that does not describe a phone. The message names the place and the reason. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

/** Names of the phones that come with the package. */
export function listProfiles(): string[] {
  return [...BUILT_IN.keys()];
}

/** A phone that comes with the package. @throws ProfileError naming the known ones */
export function findProfile(name: string): Profile {
  const found = BUILT_IN.get(name);
  if (!found) throw new ProfileError(`no virtual phone is called '${name}'; there are ${listProfiles().join(', ')}`);
  return parseProfile(found);
}

/** The file of a phone that comes with the package, to begin one's own with. @throws ProfileError naming the known ones */
export function profileText(name: string): string {
  findProfile(name);
  const { $schema: _, ...content } = BUILT_IN.get(name) as Record<string, unknown>;
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * A profile from parsed JSON. Partitions of size 0 get the room up to the next one.
 * @throws ProfileError
 */
export function parseProfile(json: unknown): Profile {
  let profile: Profile;
  try {
    profile = readBySchema(json, schema as Schema) as unknown as Profile;
  } catch (cause) {
    if (cause instanceof SchemaMismatch) throw new ProfileError(cause.message, { cause });
    throw cause;
  }
  const { generation } = profile.agent;
  if (!profile.agent[generation]) {
    throw new ProfileError(`agent.${generation}: is missing, and agent.generation says ${generation}`);
  }
  checkStorage(profile);
  return { ...profile, storage: withSpareArea(profile.storage), partitions: placePartitions(profile) };
}

function withSpareArea(storage: Profile['storage']): Profile['storage'] {
  const { nand, regions, blockSize } = storage;
  if (!nand) return storage;
  const pages = (regions.nand ?? 0) / blockSize;
  return { ...storage, regions: { ...regions, 'nand-spare': pages * nand.spareSize } };
}

/** Where a partition of the phone lies; the preloader has a second copy in the other boot region. Empty when there is none of this name. */
export function extentsOf(profile: Profile, partitionName: string): Extent[] {
  const wanted = partitionName.toLowerCase();
  return profile.partitions
    .filter(({ name }) => name.toLowerCase() === wanted)
    .flatMap((partition) => {
      const extent = { region: regionOf(partition), start: partition.start, length: partition.size };
      const [first, second] = storageLayout(profile.storage.kind).boot;
      return extent.region === first && second ? [extent, { ...extent, region: second }] : [extent];
    });
}

/** The region of a partition of a parsed profile. */
export function regionOf(partition: ProfilePartition): Region {
  return partition.region ?? 'user';
}

/** What the schema cannot say: it depends on the kind of storage. */
function checkStorage({ storage }: Profile): void {
  const { kind, blockSize, regions, id } = storage;
  const layout = storageLayout(kind);
  if (!layout.blockSizes.includes(blockSize)) {
    const known = layout.blockSizes.join(' or ');
    throw new ProfileError(`storage.blockSize: ${kind} storage has blocks of ${known} bytes, not ${blockSize}`);
  }
  for (const region of [...layout.boot, layout.user]) {
    if (regions[region] === undefined) throw new ProfileError(`storage.regions.${region}: is missing`);
  }
  if (!layout.id.pattern.test(id)) {
    throw new ProfileError(`storage.id: ${JSON.stringify(id)} does not look like ${layout.id.what}`);
  }
  if (kind === 'nand') {
    const problem = nandProblem(storage);
    if (problem) throw new ProfileError(problem);
  }
}

function placePartitions({ storage, partitions: named }: Profile): ProfilePartition[] {
  const { user } = storageLayout(storage.kind);
  // NAND is erased in blocks of many pages, and partitions begin where blocks do.
  const unit = storage.blockSize * (storage.nand?.pagesPerBlock ?? 1);
  const partitions = named.map((partition) => ({ ...partition, region: partition.region ?? user }));
  const placed: ProfilePartition[] = [];
  partitions.forEach((partition, i) => {
    const at = `partitions[${i}] (${partition.name})`;
    const region = regionOf(partition);
    const limit = storage.regions[region];
    if (limit === undefined) throw new ProfileError(`${at}: the phone has no region ${region}`);
    const later = partitions.filter((other) => regionOf(other) === region && other.start > partition.start);
    const next = Math.min(limit, ...later.map(({ start }) => start));
    const size = partition.size || next - partition.start;
    if (partition.start % unit !== 0 || size % unit !== 0) {
      throw new ProfileError(`${at}: start and size have to be multiples of ${unit}`);
    }
    if (size <= 0 || partition.start + size > limit) {
      throw new ProfileError(`${at}: ends beyond region ${region}, which has ${limit} bytes`);
    }
    const clash = placed.find(
      (other) =>
        regionOf(other) === region &&
        other.start < partition.start + size &&
        partition.start < other.start + other.size,
    );
    if (clash) throw new ProfileError(`${at}: overlaps ${clash.name}`);
    placed.push({ ...partition, size });
  });
  return placed;
}
