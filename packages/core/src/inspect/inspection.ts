import type { FirmwareProblem } from '../firmware/firmware-problem.js';
import type { StorageKind } from '../storage/storage.js';

/** Something to know about what was looked at. */
export interface InspectionNote extends FirmwareProblem {
  /** Line of the scatter file, where it is about one. */
  line?: number;
}

/** One image of a firmware and the partition it is meant for. Sizes in bytes. */
export interface InspectedPartition {
  name: string;
  region: string;
  /** In the region; absent when it is counted from the end. */
  start?: number;
  /** Allocation blocks before the end of the region. */
  blocksBeforeEnd?: number;
  /** 0: the rest of the storage. */
  size: number;
  operation: string;
  ticked: boolean;
  /** As the scatter file names it. */
  wants?: string;
  /** Path in the package, when it is there. Of an image in pieces all of them. */
  files: string[];
  fileSize?: number;
  /** What the partition needs, when the image is sparse. */
  expandedSize?: number;
  /** What the image is: `ext4 file system (sparse)`. */
  content?: string;
  details?: string[];
}

export interface InspectedPreloader {
  type: 'preloader';
  name: string;
  shape: string;
  /** `EMMC_BOOT`, when the file is one for a boot area. */
  bootHeader?: string;
  project?: string;
  /** Platforms named inside, likeliest first. */
  platforms: string[];
  loadAddress: number;
  signed: boolean;
  size: number;
  /** Version of the memory settings; absent when there are none. */
  emiVersion?: number;
  /** Memory chips the board may have, in plain words. */
  memory: string[];
  notes: InspectionNote[];
}

export interface InspectedAgent {
  hwCode: string;
  chips: string[];
  generation: string;
  signature: 'signed' | 'placeholder' | 'none' | 'incomplete';
  /** Software versions of the chip it is for, when the file has several. */
  swVersion: string;
}

export interface InspectedAgentFile {
  type: 'agent-file';
  name: string;
  size: number;
  build: string;
  agents: InspectedAgent[];
  notes: InspectionNote[];
}

export interface InspectedImage {
  type: 'image';
  name: string;
  size: number;
  sparse: boolean;
  expandedSize: number;
  content: string;
  details: string[];
  notes: InspectionNote[];
}

export interface InspectedFirmware {
  type: 'firmware';
  name: string;
  platform: string;
  /** Chips of that platform, with their other names. */
  chips: string[];
  project: string;
  /** `text V1.1.2` */
  format: string;
  scatter: string;
  scatterWhy: string;
  otherScatters: { path: string; why: string }[];
  layouts: { storage: StorageKind; blockSize: number; partitions: InspectedPartition[] }[];
  preloader?: InspectedPreloader;
  agentFiles: InspectedAgentFile[];
  authFiles: string[];
  /** Lists of checksums that the package brings. */
  checksumFiles: string[];
  unknown: string[];
  notes: InspectionNote[];
}

/** What a path leads to. */
export type Inspection = InspectedFirmware | InspectedPreloader | InspectedAgentFile | InspectedImage;
