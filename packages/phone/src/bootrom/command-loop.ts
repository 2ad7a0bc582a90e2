import { BootCommand } from '@unbrick/core/wire';
import { AnsweredAsPlanned } from '../planned-answers.js';
import { jumpToAgent, sendAgent } from './agent-commands.js';
import { authoriseLink, sendAuthFile, sendCertificate } from './auth-commands.js';
import type { BootSession, Upload } from './boot-session.js';
import {
  getBootRomLog,
  getHwCode,
  getHwSwVersion,
  getMeId,
  getPreloaderCapabilities,
  getSocId,
  getTargetConfig,
} from './identity-commands.js';
import { readMemory, writeMemory } from './memory-commands.js';
import {
  jumpToBootloader,
  powerDeinit,
  powerInit,
  powerRead,
  powerWrite,
  refuseDiagnostic,
  setBaudRate,
  stayStill,
  uartLogEnable,
} from './power-commands.js';

/** Does one command whose opcode was echoed. Anything but nothing is the agent to start. */
type Handler = (session: BootSession) => Promise<Upload | undefined> | Promise<void>;

const COMMON: [number, Handler][] = [
  [BootCommand.READ16, (s) => readMemory(s, { width: 2, statusWords: true, echoValues: true })],
  [BootCommand.READ32, (s) => readMemory(s, { width: 4, statusWords: true, echoValues: true })],
  [BootCommand.READ16_OLD, (s) => readMemory(s, { width: 2, statusWords: false, echoValues: true })],
  [BootCommand.WRITE16, (s) => writeMemory(s, { width: 2, statusWords: true, echoValues: true })],
  [BootCommand.WRITE16_NO_ECHO, (s) => writeMemory(s, { width: 2, statusWords: true, echoValues: false })],
  [BootCommand.WRITE32, (s) => writeMemory(s, { width: 4, statusWords: true, echoValues: true })],
  // Only the old boot ROM form leaves the status words out; preloaders treat it as WRITE16.
  [
    BootCommand.WRITE16_OLD,
    (s) => writeMemory(s, { width: 2, statusWords: s.stage === 'preloader', echoValues: true }),
  ],
  [BootCommand.POWER_INIT, powerInit],
  [BootCommand.POWER_DEINIT, powerDeinit],
  [BootCommand.POWER_READ16, powerRead],
  [BootCommand.POWER_WRITE16, powerWrite],
  [BootCommand.SEND_DA, sendAgent],
  [BootCommand.JUMP_DA, jumpToAgent],
  [BootCommand.GET_TARGET_CONFIG, getTargetConfig],
  [BootCommand.UART1_LOG_EN, uartLogEnable],
  [BootCommand.GET_HW_CODE, getHwCode],
  [BootCommand.GET_HW_SW_VER, getHwSwVersion],
];

const BOOT_ROM_ONLY: [number, Handler][] = [
  [BootCommand.DIAGNOSTIC, refuseDiagnostic],
  [BootCommand.JUMP_BL, jumpToBootloader],
  [BootCommand.UART1_SET_BAUDRATE, setBaudRate],
  [BootCommand.GET_BROM_LOG, (s) => getBootRomLog(s, 'old')],
  [BootCommand.GET_BROM_LOG_NEW, (s) => getBootRomLog(s, 'new')],
  [BootCommand.SEND_CERT, sendCertificate],
  [BootCommand.SEND_AUTH, sendAuthFile],
  [BootCommand.SLA, authoriseLink],
  [BootCommand.GET_ME_ID, getMeId],
];

const PRELOADER_3: [number, Handler][] = [
  [BootCommand.GET_ME_ID, getMeId],
  [BootCommand.GET_PL_CAP, getPreloaderCapabilities],
  [BootCommand.STAY_STILL, stayStill],
];

/** The commands of this boot stage on this phone. */
function commandsOf(session: BootSession): Map<number, Handler> {
  const { stage, profile } = session;
  const commands = new Map(COMMON);
  const add = (more: [number, Handler][]) => {
    for (const [opcode, handler] of more) commands.set(opcode, handler);
  };
  if (stage === 'brom') add(BOOT_ROM_ONLY);
  if (stage === 'preloader' && profile.preloader.generation === 3) add(PRELOADER_3);
  const newer = stage === 'brom' || profile.preloader.generation === 3;
  if (newer && profile.bootRom.socId) add([[BootCommand.GET_SOC_ID, getSocId]]);
  if (session.demandsLinkKey) add([[BootCommand.SLA, authoriseLink]]);
  return commands;
}

const COMMAND_NAMES = new Map<number, string>(Object.entries(BootCommand).map(([name, opcode]) => [opcode, name]));

function endAsPlanned(cause: unknown): undefined {
  if (!(cause instanceof AnsweredAsPlanned)) throw cause;
}

/** Serves commands until the host starts an agent. No time limit: after the handshake a phone waits for ever. */
export async function serveCommands(session: BootSession): Promise<Upload> {
  const { line, stage, profile } = session;
  const commands = commandsOf(session);
  for (;;) {
    const opcode = await line.byte();
    // The two version commands answer in place of the echo.
    if (opcode === BootCommand.GET_BL_VER && stage === 'preloader') {
      await line.reply8(profile.preloader.generation);
      continue;
    }
    if (opcode === BootCommand.GET_VERSION && stage === 'brom') {
      await line.reply8(profile.bootRom.version);
      continue;
    }
    await line.reply8(opcode);
    line.answers.begin(COMMAND_NAMES.get(opcode) ?? '');
    const agent = await commands.get(opcode)?.(session).catch(endAsPlanned);
    if (agent) return agent;
  }
}
