import { hex, writeXml, XmlCommand, type XmlOutput } from '../../wire/index.js';

/**
 * The commands' texts. Phones read any layout; this is that of MediaTek's hosts, whose library writes one line and whose tool
 * writes one line an element. See docs/protocol/xml-agent.md, "Commands".
 */
export interface CommandText {
  /** `CMD:READ-FLASH`. */
  name: string;
  text: string;
}

type Argument = [name: string, value: string];

function library(name: string, ...args: Argument[]): CommandText {
  return { name, text: writeXml(document('1.0', name, args)) };
}

function tool(name: string, ...args: Argument[]): CommandText {
  return { name, text: writeXml(document('1.0', name, args), { indent: 4 }) };
}

function document(
  version: string,
  name: string,
  args: readonly Argument[],
  more: readonly XmlOutput[] = [],
): XmlOutput {
  return {
    name: 'da',
    content: [
      { name: 'version', content: version },
      { name: 'command', content: name },
      { name: 'arg', content: elements(args) },
      ...more,
    ],
  };
}

function elements(args: readonly Argument[]): XmlOutput[] {
  return args.map(([name, content]) => ({ name, content }));
}

/** What stage 1 is told first. */
export interface RuntimeParameters {
  /** `USB`: the phone compares a sum of each chunk it gets. */
  checksumLevel: 'NONE' | 'USB';
}

export function setRuntimeParameter({ checksumLevel }: RuntimeParameters): CommandText {
  const settings: Argument[] = [
    ['checksum_level', checksumLevel],
    ['battery_exist', 'AUTO-DETECT'],
    // The chattier levels cost time; UART, because log frames on USB would too.
    ['da_log_level', 'INFO'],
    ['log_channel', 'UART'],
    // "Linux" means smaller packets, which the serial drivers of all systems can buffer.
    ['system_os', 'LINUX'],
  ];
  // Right for both ways to a phone: an agent that a preloader started finds its memory running.
  const adv: XmlOutput = { name: 'adv', content: elements([['initialize_dram', 'YES']]) };
  const name = XmlCommand.SET_RUNTIME_PARAMETER;
  return { name, text: writeXml(document('1.1', name, settings, [adv]), { indent: 4 }) };
}

/** Every request of a phone that this host answers, with the version it speaks. */
const CAPABILITY = 'CMD:DOWNLOAD-FILE^1@CMD:FILE-SYS-OPERATION^1@CMD:PROGRESS-REPORT^1@CMD:UPLOAD-FILE^1@';

export const hostSupportedCommands = () => library(XmlCommand.HOST_SUPPORTED_COMMANDS, ['host_capability', CAPABILITY]);

export const notifyInitHw = () => library(XmlCommand.NOTIFY_INIT_HW);
/** What {@link notifyInitHw} was called in the oldest agents. */
export const notifyInitDram = () => library(XmlCommand.NOTIFY_INIT_DRAM);

/** `time` in the zone of the computer, as the phone's download record has it. */
export function setHostInfo(time: Date): CommandText {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  const clock = `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
  return library(XmlCommand.SET_HOST_INFO, ['info', `${date}T${clock}`]);
}

export const bootTo = (address: number, sourceFile: string) =>
  library(XmlCommand.BOOT_TO, ['at_address', hex(address)], ['jmp_address', hex(address)], ['source_file', sourceFile]);

export const getHwInfo = (targetFile: string) => tool(XmlCommand.GET_HW_INFO, ['target_file', targetFile]);

export const getSysProperty = (key: string, targetFile: string) =>
  tool(XmlCommand.GET_SYS_PROPERTY, ['key', key], ['target_file', targetFile]);

export const readPartitionTable = (targetFile: string) =>
  tool(XmlCommand.READ_PARTITION_TABLE, ['target_file', targetFile]);

export const getDevFwInfo = (targetFile: string) =>
  tool(XmlCommand.SECURITY_GET_DEV_FW_INFO, ['target_file', targetFile]);

export const setFlashPolicy = (sourceFile: string) =>
  tool(XmlCommand.SECURITY_SET_FLASH_POLICY, ['source_file', sourceFile]);

export const readFlash = (region: string, offset: number, length: number, targetFile: string) =>
  tool(
    XmlCommand.READ_FLASH,
    ['partition', region],
    ['offset', hex(offset)],
    ['length', hex(length)],
    ['target_file', targetFile],
  );

export const writeFlash = (region: string, offset: number, sourceFile: string) =>
  tool(XmlCommand.WRITE_FLASH, ['partition', region], ['offset', hex(offset)], ['source_file', sourceFile]);

export const eraseFlash = (region: string, offset: number, length: number) =>
  tool(XmlCommand.ERASE_FLASH, ['partition', region], ['offset', hex(offset)], ['length', hex(length)]);

export const writePartition = (name: string, sourceFile: string) =>
  tool(XmlCommand.WRITE_PARTITION, ['partition', name], ['source_file', sourceFile]);

/** What REBOOT does: reset at once, or leave the bus and stay off it. */
export type RebootAction = 'IMMEDIATE' | 'DISCONNECT';

export const reboot = (action: RebootAction) => tool(XmlCommand.REBOOT, ['action', action]);

/** Where the phone shall go at its next start. */
export type XmlBootMode = 'META' | 'FASTBOOT' | 'ANDROID-TEST-MODE';

export function setBootMode(mode: XmlBootMode): CommandText {
  const meta: Argument[] = [
    ['connect_type', 'USB'],
    ['mobile_log', 'OFF'],
    ['adb', 'OFF'],
  ];
  return tool(XmlCommand.SET_BOOT_MODE, ['mode', mode], ...(mode === 'META' ? meta : []));
}

/** A name for a file that exists in this program's memory only. Phones give it back as it is. */
export function memoryFile(length: number): string {
  return `MEM://0x7f0000000000:${hex(length)}`;
}
