/** Stage 1: brings up the DRAM and starts stage 2. */
import { XmlCommand } from '@unbrick/core/wire';
import type { Profile } from '../../profiles/profile.js';
import { bootTo } from './boot-to.js';
import type { Command, CommandTable } from './command-loop.js';
import { ramTest } from './ram-test.js';
import { hardwareInfo } from './reports.js';
import { reboot } from './session-end.js';
import { hostSupportedCommands, initialiseDram, setHostInfo, setRuntimeParameter } from './start-up.js';

export function stage1Commands({ agent }: Profile): CommandTable {
  const commands = new Map<string, readonly Command[]>([
    [XmlCommand.SET_RUNTIME_PARAMETER, [{ version: 1, run: setRuntimeParameter }]],
    [XmlCommand.NOTIFY_INIT_HW, [{ version: 1, run: initialiseDram }]],
    [XmlCommand.SET_HOST_INFO, [{ version: 1, run: setHostInfo }]],
    [XmlCommand.BOOT_TO, [{ version: 1, run: bootTo }]],
    [XmlCommand.GET_HW_INFO, [{ version: 1, run: hardwareInfo }]],
    [XmlCommand.RAM_TEST, [{ version: 1, run: ramTest }]],
    [XmlCommand.REBOOT, [{ version: 1, run: reboot }]],
  ]);
  if (agent.xml?.hostSupportedCommands !== 'none') {
    commands.set(XmlCommand.HOST_SUPPORTED_COMMANDS, [{ version: 1, run: hostSupportedCommands }]);
  }
  return commands;
}
