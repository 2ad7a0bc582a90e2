import { LegacyCommand, LegacyNandReadPage, LegacyNandWriteData } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import { AnsweredAsPlanned } from '../../planned-answers.js';
import { downloadBootLoader } from './boot-loader.js';
import {
  batteryVoltage,
  cardType,
  disableCardReset,
  dspVersion,
  fatInfo,
  productInfo,
  projectId,
  rawMemory,
  readDownloadInfo,
  uartSpeed,
  writeDownloadInfo,
  writeNor,
} from './device-info.js';
import { enableDram } from './dram.js';
import { format } from './format.js';
import { memoryTest } from './memory-test.js';
import { readBadBlocks, remarkBadBlocks } from './nand/bad-blocks.js';
import { receiveImageList } from './nand/image-list.js';
import { onNand } from './nand/nand-range.js';
import { readNandTable, writeNandTable } from './nand/partition-table.js';
import { readNandPages } from './nand/read-page.js';
import { writeNandData } from './nand/write-data.js';
import { writeNandImages } from './nand/write-image.js';
import { readTable, writeGpt, writePmtTable } from './partition-table.js';
import { read } from './read.js';
import {
  readPowerRegister,
  readRegister16,
  readRegister32,
  writePowerRegister,
  writeRegister16,
  writeRegister32,
} from './registers.js';
import {
  checkBypass,
  checkSecurityInfo,
  customerName,
  recheckSecureUsb,
  secureVersion,
  updateRomInfo,
} from './security-commands.js';
import { enableWatchdog, finish, nextOpcode } from './session-end.js';
import { COMMAND_NAMES, type CommandHandler, type Stage2 } from './stage2-state.js';
import { checkUsbSpeed, setUpUsbPort, setUpUsbPortEx } from './usb-port.js';
import { verifyImage } from './verify-image.js';
import { switchPart, writeData, writeImage } from './write.js';

const HANDLERS: ReadonlyMap<number, CommandHandler> = new Map([
  [LegacyCommand.DOWNLOAD_BLOADER, downloadBootLoader],
  [LegacyCommand.NAND_BMT_REMARK, remarkBadBlocks],
  [LegacyCommand.SDMMC_SWITCH_PART, switchPart],
  [LegacyCommand.SDMMC_WRITE_IMAGE, writeImage],
  [LegacyCommand.SDMMC_WRITE_DATA, writeData],
  [LegacyCommand.SDMMC_GET_CARD_TYPE, cardType],
  [LegacyCommand.SDMMC_RESET_DIS, disableCardReset],
  [LegacyCommand.USB_SETUP_PORT, setUpUsbPort],
  [LegacyCommand.USB_CHECK_STATUS, checkUsbSpeed],
  [LegacyCommand.USB_SETUP_PORT_EX, setUpUsbPortEx],
  [LegacyCommand.READ_REG32, readRegister32],
  [LegacyCommand.WRITE_REG32, writeRegister32],
  [LegacyCommand.PWR_READ16, readPowerRegister],
  [LegacyCommand.PWR_WRITE16, writePowerRegister],
  [LegacyCommand.NAND_WRITE_PARTITION_TABLE, onNand(LegacyCommand.NAND_WRITE_PARTITION_TABLE, 0, writeNandTable)],
  [LegacyCommand.NAND_READ_PARTITION_TABLE, onNand(LegacyCommand.NAND_READ_PARTITION_TABLE, 0, readNandTable)],
  [LegacyCommand.NAND_READ_BMT, readBadBlocks],
  [LegacyCommand.SDMMC_WRITE_PMT, writePmtTable],
  [LegacyCommand.SDMMC_READ_PMT, readTable],
  [LegacyCommand.READ_PRODUCT_INFO, productInfo],
  [LegacyCommand.READ_DOWNLOAD_INFO, readDownloadInfo],
  [LegacyCommand.WRITE_DOWNLOAD_INFO, writeDownloadInfo],
  [LegacyCommand.SDMMC_WRITE_GPT, writeGpt],
  [LegacyCommand.NAND_WRITE_DATA, onNand(LegacyCommand.NAND_WRITE_DATA, LegacyNandWriteData.size, writeNandData)],
  [LegacyCommand.SECURE_USB_RECHECK, recheckSecureUsb],
  [LegacyCommand.SECURE_ROM_INFO_UPDATE, updateRomInfo],
  [LegacyCommand.SECURE_CUSTOMER_NAME, customerName],
  [LegacyCommand.VERIFY_IMAGE_CHECKSUM, verifyImage],
  [LegacyCommand.SECURE_BYPASS_CHECK, checkBypass],
  [LegacyCommand.SECURE_VERSION, secureVersion],
  [LegacyCommand.GET_BATTERY_VOLTAGE, batteryVoltage],
  [LegacyCommand.SPEED, uartSpeed],
  [LegacyCommand.MEM, rawMemory],
  [LegacyCommand.FORMAT, format],
  [LegacyCommand.WRITE_NOR, writeNor],
  [LegacyCommand.READ, read],
  [LegacyCommand.WRITE_REG16, writeRegister16],
  [LegacyCommand.READ_REG16, readRegister16],
  [LegacyCommand.FINISH, finish],
  [LegacyCommand.GET_DSP_VERSION, dspVersion],
  [LegacyCommand.ENABLE_WATCHDOG, enableWatchdog],
  [LegacyCommand.NAND_IMAGE_LIST, nandImageList],
  [LegacyCommand.NAND_WRITE_IMAGE, onNand(LegacyCommand.NAND_WRITE_IMAGE, 0, writeNandImages)],
  [LegacyCommand.NAND_READ_PAGE, onNand(LegacyCommand.NAND_READ_PAGE, LegacyNandReadPage.size, readNandPages)],
  [LegacyCommand.CHECK_PC_SECURITY_INFO, checkSecurityInfo],
  [LegacyCommand.ENABLE_DRAM, enableDramAgain],
  [LegacyCommand.GET_PROJECT_ID, projectId],
  [LegacyCommand.GET_FAT_INFO, fatInfo],
  [LegacyCommand.MEMORY_TEST, memoryTest],
]);

const NEEDS_DRAM: ReadonlySet<number> = new Set<number>([
  LegacyCommand.DOWNLOAD_BLOADER,
  LegacyCommand.SDMMC_WRITE_IMAGE,
  LegacyCommand.SDMMC_WRITE_DATA,
  LegacyCommand.NAND_WRITE_IMAGE,
  LegacyCommand.NAND_WRITE_DATA,
  LegacyCommand.NAND_READ_PAGE,
  LegacyCommand.FORMAT,
  LegacyCommand.READ,
]);

/** Stage 2 once it has reported: one command after another, until one leaves the bus. Unknown opcodes are passed over. */
export async function runCommandLoop(agent: Stage2): Promise<never> {
  for (;;) {
    const opcode = await nextOpcode(agent);
    // The buffers of these commands lie in DRAM; touching it before it is set up is the end.
    if (!agent.dramReady && NEEDS_DRAM.has(opcode)) await hang(agent.host.wire);
    agent.host.answers.begin(COMMAND_NAMES.get(opcode) ?? '');
    await HANDLERS.get(opcode)?.(agent).catch(endAsPlanned);
  }
}

function endAsPlanned(cause: unknown): void {
  if (!(cause instanceof AnsweredAsPlanned)) throw cause;
}

/** NAND_IMAGE_LIST was always passed over on phones without NAND. */
async function nandImageList(agent: Stage2): Promise<void> {
  if (agent.nand) await receiveImageList(agent, agent.nand);
}

/** ENABLE_DRAM as a command: the only way on one-stage agents; on others once more, and it may only fail as in stage 1. */
async function enableDramAgain(agent: Stage2): Promise<void> {
  if (await enableDram(agent.session, agent.traits, agent.host, 'stage2')) agent.dramReady = true;
}
