/** Stage 2: everything that touches the storage. */
import { XflashCommand } from '@unbrick/core/wire';
import type { AgentState } from './agent-state.js';
import { type Command, runCommands } from './command-loop.js';
import { deviceControl } from './device-control.js';
import { format, formatPartition } from './erasing.js';
import { readFuses, readOtpZone, writeFuses, writeOtpZone } from './fuses.js';
import { readData, upload } from './reading.js';
import { shutdown } from './shutdown.js';
import { switchUsbSpeed } from './usb-speed.js';
import { download, writeData } from './writing.js';

const COMMANDS = new Map<number, Command>([
  [XflashCommand.DOWNLOAD, download],
  [XflashCommand.UPLOAD, upload],
  [XflashCommand.FORMAT, format],
  [XflashCommand.WRITE_DATA, writeData],
  [XflashCommand.READ_DATA, readData],
  [XflashCommand.FORMAT_PARTITION, formatPartition],
  [XflashCommand.SHUTDOWN, shutdown],
  [XflashCommand.DEVICE_CTRL, deviceControl],
  [XflashCommand.SWITCH_USB_SPEED, switchUsbSpeed],
  [XflashCommand.READ_OTP_ZONE, readOtpZone],
  [XflashCommand.WRITE_OTP_ZONE, writeOtpZone],
  [XflashCommand.READ_EFUSE, readFuses],
  [XflashCommand.WRITE_EFUSE, writeFuses],
]);

/** Says that it is ready and serves for ever; ends by throwing LeaveBus or UnpluggedError. */
export async function runStage2(state: AgentState): Promise<void> {
  await state.channel.print('stage 2: storage ready');
  await state.channel.sync();
  await runCommands(state, COMMANDS);
}
