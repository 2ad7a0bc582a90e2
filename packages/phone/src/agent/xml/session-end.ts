/** REBOOT, SET-BOOT-MODE and the change of USB speed: what ends or moves a session. docs/protocol/xml-agent.md. */
import { UsbProduct, type XmlElement } from '@unbrick/core/wire';
import { LeaveBus } from '../../device/wire.js';
import { CommandFailed, logCommand, required, type XmlAgentState } from './agent-state.js';
import type { AfterEnd } from './command-loop.js';
import { uploadText } from './upload-file.js';

const REBOOTS = ['IMMEDIATE', 'WARM-RESET', 'COLD-RESET'];

export async function reboot(state: XmlAgentState, root: XmlElement): Promise<AfterEnd> {
  const action = required(root, 'arg', 'action');
  logCommand(state, 'REBOOT', false, { action });
  if (action === 'DISCONNECT') return leave('off');
  if (REBOOTS.includes(action)) return leave('boot');
  throw new CommandFailed(`Unknown reboot action: ${action}\n`);
}

function leave(to: LeaveBus['to']): AfterEnd {
  return async () => {
    throw new LeaveBus(to);
  };
}

/** The mode of the next start. A virtual phone has no system that could start in it: it only checks and tells. */
export async function setBootMode(state: XmlAgentState, root: XmlElement): Promise<void> {
  const mode = required(root, 'arg', 'mode');
  const detail: Record<string, string> = { mode };
  if (mode === 'META') {
    detail.connectType = oneOf(required(root, 'arg', 'connect_type'), ['USB', 'UART', 'WIFI']);
    detail.mobileLog = oneOf(required(root, 'arg', 'mobile_log'), ['ON', 'OFF']);
    detail.adb = oneOf(required(root, 'arg', 'adb'), ['ON', 'OFF']);
  } else {
    oneOf(mode, ['FASTBOOT', 'ANDROID-TEST-MODE']);
  }
  logCommand(state, 'SET-BOOT-MODE', false, detail);
}

function oneOf(value: string, known: readonly string[]): string {
  if (!known.includes(value)) throw new CommandFailed();
  return value;
}

/** The boot ROM's USB is slow; what it started can do better. */
export async function canUseHigherUsbSpeed(state: XmlAgentState, root: XmlElement): Promise<void> {
  const targetFile = required(root, 'arg', 'target_file');
  const text = state.usbSpeed === 'full-speed' ? 'YES' : 'NO';
  logCommand(state, 'CAN-HIGHER-USB-SPEED', false, { answer: text });
  await uploadText(state, { info: 'USB-Speed', targetFile, text, nul: true });
}

/** The port goes away and comes back at high speed; the next thing on it is CMD:START. */
export async function switchUsbSpeed(state: XmlAgentState): Promise<AfterEnd> {
  logCommand(state, 'SWITCH-HIGHER-USB-SPEED', false, { product: UsbProduct.AGENT });
  return async () => {
    await state.channel.wire.reEnumerate(UsbProduct.AGENT);
    state.usbSpeed = 'high-speed';
  };
}
