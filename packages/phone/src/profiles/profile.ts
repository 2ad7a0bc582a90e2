import type { AgentGeneration, Region, StorageKind } from '@unbrick/core';
import type { RsaPublicKey } from '../security/rsa.js';
import type { StorageArea } from '../storage/phone-storage.js';

/** Everything that makes one virtual phone: a data file a user can write. All numbers in bytes unless stated. */
export interface Profile {
  /** `mt6735-emmc`. */
  name: string;
  /** For people: "MT6735 phone, 8 GB eMMC, GPT". */
  description: string;
  /** Platform name as scatter files write it: `MT6735`. */
  platform: string;
  /** Project (board) name, as in the preloader file's name. */
  project: string;
  hwCode: number;
  hwSubCode: number;
  hwVersion: number;
  swVersion: number;
  bootRom: {
    /** Answer to GET_VERSION. */
    version: number;
    targetConfig: number;
    /** Status words of a successful WRITE16/WRITE32: 1 on most phones. */
    writeStatus: number;
    meId: string;
    socId?: string;
  };
  preloader: {
    /** Answer to GET_BL_VER: 1, 2 or 3. */
    generation: 1 | 2 | 3;
    targetConfig: number;
    /** Where a preloader loads any agent, whatever the host asks. */
    agentAddress: number;
    /** Listening window after enumeration, ms. */
    windowMs: number;
  };
  /** Hardware blocks that boot ROM and preloader let a host touch; a block that is not named stays out of reach. */
  registers?: {
    /** Watchdog block (RGU), 0x1000 bytes. */
    watchdog?: number;
    /** The word that sends the next reset into the boot ROM. */
    usbdlFlag?: number;
    /** Efuse block, 0x1000 bytes, read only. */
    efuse?: number;
  };
  /** The keys and files of this phone's maker; what is demanded of a host is told by the target configurations. */
  security?: SecurityTraits;
  /** Which boot modes make sense on this phone. */
  modes: ('preloader' | 'brom')[];
  agent: {
    generation: AgentGeneration;
    /** hw_code under which agent files list the chip. */
    fileHwCode: number;
    stage1Address: number;
    stage2Address: number;
    /** Legacy: what the flash report and the configuration words look like on this chip. */
    legacy?: {
      daMajor: number;
      daMinor: number;
      baseband: number;
      nandIdCount: 5 | 7;
      nandSizeBits: 32 | 64;
      bmtWord: boolean;
      /** Extra configuration words of the agent builds for this phone: see docs/protocol/legacy-agent.md. */
      extraConfig: 'none' | 'new-combo' | 'is-gpt' | 'slc' | 'skip-dl-info+slc' | 'force-dram';
      dramExchange: 'list' | 'single' | 'single-with-id';
      emiVersion: number;
      emiItemSize: number;
      /** MT6592 sends five words after DRAM is ready. */
      dramWords?: number[];
      /** 1 on MT6573, MT6575 and MT6577: no storage probe, a NAND table in place of stage 2, DRAM set up by command. 2 if not stated. */
      stages?: 1 | 2;
      /** The agent has to prepare the phone's security data before it takes commands. */
      firstVisit?: boolean;
      /** Order of the CID's words in the flash report; as in memory unless stated. */
      reportCid?: 'memory' | 'natural' | 'word-pairs';
    };
    xflash?: {
      emiVersion: number;
      emiItemSize: number;
      /** 104-byte EMMC_INFO and SHA-256 digest from 2019 on, 96 and SHA-1 before. */
      buildYear: number;
    };
    xml?: {
      /** The preloader's memory table; the agents bring their own settings. */
      emiVersion: number;
      emiItemSize: number;
      /** Answers to GET-DA-INFO. */
      version: string;
      build: string;
      /** Which stages know HOST-SUPPORTED-COMMANDS. */
      hostSupportedCommands: 'none' | 'stage1' | 'both';
      /** Stage 2 knows CAN- and SWITCH-HIGHER-USB-SPEED. */
      higherUsbSpeed: boolean;
    };
  };
  storage: {
    kind: StorageKind;
    blockSize: number;
    /** Size of each region; a parsed profile also tells the room for the spare bytes of NAND. */
    regions: Partial<Record<StorageArea, number>>;
    /** eMMC CID (32 hex digits), UFS product name, or NAND id bytes (10 to 14 hex digits). */
    id: string;
    /** eMMC: 16 hex digits; UFS: product revision, 4 characters. */
    firmwareVersion: string;
    /** Partition table the phone was born with. */
    table: 'gpt' | 'pmt';
    /** Form of the PMT; 1 unless stated. */
    pmtVersion?: 1 | 3;
    /** What only NAND chips have; the block size above is the page. */
    nand?: NandTraits;
  };
  ramSize: number;
  /** What the contacts of the battery show; 3900 unless stated, 0 without a battery. */
  batteryMillivolts?: number;
  /**
   * Factory partitions in order. `content` says what the phone is born with. In a profile file `size` 0 means "up to the
   * next partition"; a parsed profile holds the real size.
   */
  partitions: ProfilePartition[];
}

/** Where nothing is named, whatever a host brings in the right form is taken as good. */
export interface SecurityTraits {
  /** Answers to the challenge of the serial link (SLA) are made with the private half of this key. */
  linkKey?: RsaPublicKey;
  /** Download Agents are signed with the private half of this key (DAA). */
  agentKey?: RsaPublicKey;
  /** The one authorisation file that the boot ROM takes: its SHA-256 in hex. */
  authFile?: string;
  /** The one certificate that the boot ROM takes: its SHA-256 in hex. */
  certificate?: string;
  /** The running XFlash or XML agent does nothing before its challenge is answered with the private half of this key. */
  agentLinkKey?: RsaPublicKey;
  /** What the legacy agent refuses by its security policy. */
  agentRefuses?: ('boot-loader' | 'format')[];
}

/** A NAND chip. Sizes in bytes. */
export interface NandTraits {
  /** Spare bytes of a page. */
  spareSize: number;
  pagesPerBlock: number;
  /** Blocks at the end of the chip that stand in for bad ones. */
  poolBlocks: number;
  /** Blocks that were bad when the chip left its factory; the first is never among them. */
  badBlocks: number[];
  /** Blocks that have worn out since and nobody has noticed: the next erase or write of them fails. */
  wornBlocks?: number[];
  /** Number of the chip in the agent's table. */
  flashId: number;
  /** 0: 8 bits wide, 1: 16. */
  ioInterface: 0 | 1;
  addressCycles: number;
}

export interface ProfilePartition {
  name: string;
  start: number;
  size: number;
  region?: Region;
  /** `random`: calibration data, different on each phone; `image`: something bootable; `empty`: zeros. */
  content: 'random' | 'image' | 'empty';
  /** As in the scatter file. */
  operation: 'BOOTLOADERS' | 'UPDATE' | 'INVISIBLE' | 'PROTECTED' | 'BINREGION' | 'RESERVED';
  /** Image file of a firmware package, when it has one. */
  fileName?: string;
}
