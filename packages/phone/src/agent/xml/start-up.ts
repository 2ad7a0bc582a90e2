/** What a host sends before it works with the phone. docs/protocol/xml-agent.md, "Start-up sequence". */
import { type XmlElement, xmlText } from '@unbrick/core/wire';
import { CommandFailed, logCommand, required, type XmlAgentState } from './agent-state.js';
import { withProgress } from './progress.js';

const INFO_KEPT = 127;

/** Values are compared with exact case; a value that is not known leaves things as they are. */
export async function setRuntimeParameter(state: XmlAgentState, root: XmlElement): Promise<void> {
  const { parameters, channel } = state;
  const checksums = required(root, 'arg', 'checksum_level');
  const battery = required(root, 'arg', 'battery_exist');
  const logLevel = required(root, 'arg', 'da_log_level');
  const logChannel = required(root, 'arg', 'log_channel');
  const system = required(root, 'arg', 'system_os');
  // Version 1.0 does not know the setting, and brings up the DRAM.
  const [, minor = '0'] = (xmlText(root, 'version') ?? '').split('.');
  parameters.initialisesDram = Number.parseInt(minor, 10) < 1 || required(root, 'adv', 'initialize_dram') !== 'NO';
  if (['NONE', 'USB', 'STORAGE', 'USB-STORAGE'].includes(checksums)) {
    parameters.checksUsb = checksums.startsWith('USB');
    parameters.checksStorage = checksums.endsWith('STORAGE');
  }
  if (['YES', 'NO', 'AUTO-DETECT'].includes(battery)) parameters.batteryExists = battery !== 'NO';
  if (['UART', 'USB'].includes(logChannel)) channel.logging = logChannel === 'USB';
  if (system === 'WINDOWS' || system === 'LINUX') parameters.system = system;
  logCommand(state, 'SET-RUNTIME-PARAMETER', false, { checksums, battery, logLevel, logChannel, system });
}

export async function hostSupportedCommands(state: XmlAgentState, root: XmlElement): Promise<void> {
  logCommand(state, 'HOST-SUPPORTED-COMMANDS', false, { commands: required(root, 'arg', 'host_capability') });
}

export async function setHostInfo(state: XmlAgentState, root: XmlElement): Promise<void> {
  const info = (xmlText(root, 'arg', 'info') ?? 'Suspecious Host.').slice(0, INFO_KEPT);
  logCommand(state, 'SET-HOST-INFO', false, { info });
}

/** Stage 1 brings up the DRAM with the settings that are part of these agents; a preloader has done so already. */
export async function initialiseDram(state: XmlAgentState): Promise<void> {
  logCommand(state, 'NOTIFY-INIT-HW', false, { dram: state.dramReady ? 'ready' : 'to be trained' });
  await withProgress(state, 'init-hw', async () => {
    if (state.dramReady || !state.parameters.initialisesDram) return;
    if (state.session.faults.dramFail) throw new CommandFailed('DRAM Init FAIL.\n');
    state.dramReady = true;
  });
}

export async function initialiseStorage(state: XmlAgentState): Promise<void> {
  logCommand(state, 'NOTIFY-INIT-HW', false, { storage: state.session.storage.kind });
  await withProgress(state, 'init-hw', async () => {
    state.storageReady = true;
  });
}
