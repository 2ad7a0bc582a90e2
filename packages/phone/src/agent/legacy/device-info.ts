import { bytes, encode, LegacyByte, LegacyCommand, LegacyError, struct, text } from '@unbrick/core/wire';
import { batteryMillivolts } from '../battery.js';
import { halfword, word } from './host-line.js';
import { logCommand, type Stage2 } from './stage2-state.js';

const CARD_TYPE_EMMC = 2;
/** Force-charge settings of the host. */
const ForceCharge = { ON: 1, BY_BATTERY: 2 } as const;
const PROJECT_NAME_LENGTH = 64;

/** The record at the end of flashinfo: what was downloaded last and how it ended. */
const DownloadInfo = struct('little', {
  magic: text(24),
  version: text(8),
  images: bytes(0x1240 - 24 - 8 - 16),
  status: text(16),
});

/** SDMMC_GET_CARD_TYPE. */
export async function cardType(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.SDMMC_GET_CARD_TYPE, false);
  await agent.host.ack();
  await agent.host.sendWord(CARD_TYPE_EMMC);
}

/** SDMMC_RESET_DIS: lets the eMMC lose its hardware reset line. */
export async function disableCardReset(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.SDMMC_RESET_DIS, false);
  await agent.host.ack();
}

/** READ_IMEI_PID_SWV: this phone keeps no such texts. */
export async function productInfo(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.READ_PRODUCT_INFO, false);
  await agent.host.refuse(LegacyError.PRODUCT_INFO_NOT_SUPPORTED);
}

/** READ_DOWNLOAD_INFO. */
export async function readDownloadInfo(agent: Stage2): Promise<void> {
  const { host } = agent;
  const storage = await host.u8();
  logCommand(agent, LegacyCommand.READ_DOWNLOAD_INFO, false, { storage });
  if (storage === 0) return host.refuse(LegacyError.DA_INVALID_STORAGE_TYPE);
  await host.send(
    DownloadInfo.build({
      magic: 'DOWNLOAD INFORMATION!!',
      version: 'V1.0',
      images: agent.customInfo,
      status: agent.downloadStatus,
    }),
  );
}

/** WRITE_DOWNLOAD_INFO: 128 bytes of the host's own, kept until power-off. */
export async function writeDownloadInfo(agent: Stage2): Promise<void> {
  const { host } = agent;
  const storage = await host.u8();
  logCommand(agent, LegacyCommand.WRITE_DOWNLOAD_INFO, true, { storage });
  if (storage === 0) return host.sendByte(LegacyByte.NACK);
  await host.ack();
  agent.customInfo = (await host.bytes(agent.customInfo.length)).slice();
}

/** GET_BATTERY_VOLTAGE: the status is a whole word here. */
export async function batteryVoltage(agent: Stage2): Promise<void> {
  const { host, config, session } = agent;
  // What a build does not know it passes over in silence.
  if (session.faults.batteryUntold) return;
  logCommand(agent, LegacyCommand.GET_BATTERY_VOLTAGE, false);
  const voltage = batteryMillivolts(session);
  const measured = config.forceCharge === ForceCharge.BY_BATTERY ? voltage > 0 : config.forceCharge === ForceCharge.ON;
  if (!measured) return host.sendWord(LegacyByte.NACK);
  await host.send(word(LegacyByte.ACK), word(voltage));
}

/** SPEED: only a serial line has one. */
export async function uartSpeed(agent: Stage2): Promise<void> {
  await agent.host.skip(2);
  logCommand(agent, LegacyCommand.SPEED, false);
  await agent.host.sendByte(LegacyByte.NACK);
}

/** MEM: raw memory access is not compiled in. */
export async function rawMemory(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.MEM, false);
  await agent.host.sendByte(LegacyByte.NACK);
}

/** WRITE to NOR flash. */
export async function writeNor(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.WRITE_NOR, false);
  await agent.host.refuse(LegacyError.DA_NOR_NOT_FOUND);
}

/** GET_DSP_VER. */
export async function dspVersion(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.GET_DSP_VERSION, false);
  await agent.host.ack();
  await agent.host.send(halfword(0));
}

/** GET_PROJECT_ID. */
export async function projectId(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.GET_PROJECT_ID, false);
  const name = agent.session.profile.project.slice(0, PROJECT_NAME_LENGTH);
  await agent.host.send(word(0), encode(text(PROJECT_NAME_LENGTH), 'big', name));
}

/** GET_FAT_INFO: there is no FAT in NOR or NAND. */
export async function fatInfo(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.GET_FAT_INFO, false);
  await agent.host.sendWord(LegacyError.DA_NOR_NOT_FOUND);
}
