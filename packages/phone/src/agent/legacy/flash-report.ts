import type { Region } from '@unbrick/core';
import {
  concat,
  encode,
  LegacyBootStyle,
  LegacyByte,
  LegacyEmmcReport,
  LegacyError,
  LegacyNandReportHead,
  LegacyNandReportTail,
  LegacyNorReport,
  LegacyRamReport,
  LegacySdReport,
  u32,
  u64,
} from '@unbrick/core/wire';
import type { NandFlash } from '../../nand/nand-flash.js';
import { ReportName } from '../../planned-answers.js';
import type { AgentSession } from '../session.js';
import { type HostLine, word } from './host-line.js';
import type { LegacyTraits } from './stage1.js';
import { deviceIdOf, firmwareRevisionOf, nandIds, reportedCid } from './storage-id.js';

const INTERNAL_RAM = 0x20000;
const RAM_TYPE_DRAM = 2;
/** Blocks of the bad-block pool where the report tells them and the phone has no NAND. */
const BMT_BLOCKS = 0x50;

/** What stage 2 says by itself once it runs (protocol section "Flash report"), up to the chip check. */
export async function sendFlashReport(
  session: AgentSession,
  traits: LegacyTraits,
  host: HostLine,
  { dramReady, nand }: { dramReady: boolean; nand: NandFlash | undefined },
): Promise<void> {
  host.answers.begin(ReportName.FLASH_REPORT);
  const failure = host.answers.word();
  await host.send(norReport());
  await host.send(nandReport(session, traits, nand, failure));
  await host.send(emmcReport(session, traits, failure));
  await host.send(
    LegacySdReport.build({ status: LegacyError.DA_SDMMC_NOT_FOUND, userSize: 0, cid: new Uint8Array(16) }),
  );
  await host.send(
    LegacyRamReport.build({
      internalStatus: 0,
      internalSize: INTERNAL_RAM,
      // One-stage agents report before anybody has told them about the DRAM.
      externalStatus: dramReady ? 0 : LegacyError.DA_RAM_ERROR,
      externalType: dramReady ? RAM_TYPE_DRAM : 0,
      externalCs: 0,
      externalSize: dramReady ? session.profile.ramSize : 0,
      randomId: deviceIdOf(session.profile),
    }),
  );
  if (traits.bmtWord) await host.sendWord(session.profile.storage.nand?.poolBlocks ?? BMT_BLOCKS);
  await host.send(
    // A phone that prepares its security data on the first visit says when it is done; otherwise there is nothing to do.
    traits.firstVisit ? Uint8Array.of(LegacyByte.NACK, LegacyByte.ACK) : Uint8Array.of(LegacyByte.ACK),
    word(LegacyError.DA_BLANK_FLASH), // status of the last download, informational
    word(session.profile.storage.kind === 'nand' ? LegacyBootStyle.NAND : LegacyBootStyle.EMMC),
    Uint8Array.of(LegacyByte.SOC_OK),
  );
  session.log({ stage: 'stage2', what: 'FLASH_REPORT', writes: false });
}

function norReport(): Uint8Array {
  return LegacyNorReport.build({
    status: LegacyError.DA_NOR_NOT_FOUND,
    cs0: 0,
    cs1: 8,
    flashId: 0xffff,
    size: 0,
    deviceCodes: [0, 0, 0, 0],
    otpStatus: 0,
    otpSize: 0,
  });
}

function nandReport(
  { profile }: AgentSession,
  traits: LegacyTraits,
  flash: NandFlash | undefined,
  failure = 0,
): Uint8Array {
  const { nand, regions, blockSize } = profile.storage;
  return concat(
    LegacyNandReportHead.build({
      status: nand ? failure : LegacyError.DA_NAND_NOT_FOUND,
      cs: 0,
      flashId: nand?.flashId ?? 0xffff,
    }),
    encode(traits.nandSizeBits === 64 ? u64 : u32, 'big', nand ? (regions.nand ?? 0) : 0),
    nandIds(profile, traits),
    LegacyNandReportTail.build({
      pageSize: nand ? blockSize : 0,
      spareSize: nand?.spareSize ?? 0,
      pagesPerBlock: nand?.pagesPerBlock ?? 0,
      ioInterface: nand?.ioInterface ?? 0,
      addressCycles: nand?.addressCycles ?? 0,
      bmtExists: flash?.map.found ? 1 : 0,
    }),
  );
}

function emmcReport({ profile, storage }: AgentSession, traits: LegacyTraits, failure = 0): Uint8Array {
  const size = (region: Region) => storage.regions.get(region) ?? 0;
  const found = storage.kind === 'emmc';
  return LegacyEmmcReport.build({
    status: found ? failure : LegacyError.DA_EMMC_NOT_FOUND,
    boot1Size: size('boot1'),
    boot2Size: size('boot2'),
    rpmbSize: size('rpmb'),
    gpSizes: [size('gp1'), size('gp2'), size('gp3'), size('gp4')],
    userSize: size('user'),
    cid: found ? reportedCid(profile, traits.reportCid ?? 'memory') : new Uint8Array(16),
    firmwareVersion: firmwareRevisionOf(profile),
  });
}
