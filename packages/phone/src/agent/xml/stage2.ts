/**
 * Stage 2: everything that touches the storage. Efuses, UFS provisioning, DRAM repair, run-time switchable configuration
 * and certificates are not among the commands of these builds.
 */
import { XmlCommand } from '@unbrick/core/wire';
import type { Profile } from '../../profiles/profile.js';
import type { Command, CommandTable } from './command-loop.js';
import { eraseFlash, erasePartition } from './erasing.js';
import { flashAll, flashAllListed, writePartitions } from './flash-all.js';
import { flashUpdate, flashUpdateListed } from './flash-update.js';
import { deviceFirmwareInfo, setFlashPolicy } from './owner-proof.js';
import { readFlash, readPartition, readPartitionTable } from './reading.js';
import { readRegister, writeRegister } from './registers.js';
import { agentInfo, downloadedImages, hardwareInfo, storageControl, systemProperty } from './reports.js';
import { canUseHigherUsbSpeed, reboot, setBootMode, switchUsbSpeed } from './session-end.js';
import { hostSupportedCommands, initialiseStorage, setHostInfo } from './start-up.js';
import { storeSignature, writeFlash, writePartition } from './writing.js';

export function stage2Commands({ agent, security }: Profile): CommandTable {
  const commands = new Map<string, readonly Command[]>([
    [XmlCommand.NOTIFY_INIT_HW, [{ version: 1, keepsMessage: true, run: initialiseStorage }]],
    [XmlCommand.SET_HOST_INFO, [{ version: 1, run: setHostInfo }]],
    [XmlCommand.GET_HW_INFO, [{ version: 1, run: hardwareInfo }]],
    [XmlCommand.GET_SYS_PROPERTY, [{ version: 1, run: systemProperty }]],
    [XmlCommand.GET_DA_INFO, [{ version: 1, run: agentInfo }]],
    [XmlCommand.READ_PARTITION_TABLE, [{ version: 1, needsProof: true, run: readPartitionTable }]],
    [XmlCommand.READ_FLASH, [{ version: 1, needsProof: true, run: readFlash }]],
    [XmlCommand.READ_PARTITION, [{ version: 1, needsProof: true, run: readPartition }]],
    [XmlCommand.WRITE_FLASH, [{ version: 1, writes: true, needsProof: true, run: writeFlash }]],
    [XmlCommand.WRITE_PARTITION, [{ version: 1, writes: true, needsProof: true, run: writePartition }]],
    [XmlCommand.WRITE_PARTITIONS, [{ version: 1, writes: true, needsProof: true, run: writePartitions }]],
    [XmlCommand.ERASE_FLASH, [{ version: 1, writes: true, needsProof: true, run: eraseFlash }]],
    [XmlCommand.ERASE_PARTITION, [{ version: 1, writes: true, needsProof: true, run: erasePartition }]],
    [
      XmlCommand.FLASH_ALL,
      [
        { version: 1, writes: true, needsProof: true, run: flashAll },
        { version: 2, writes: true, needsProof: true, run: flashAllListed },
      ],
    ],
    [
      XmlCommand.FLASH_UPDATE,
      [
        { version: 1, writes: true, needsProof: true, run: flashUpdate },
        { version: 2, writes: true, needsProof: true, run: flashUpdateListed },
      ],
    ],
    [XmlCommand.GET_DOWNLOADED_IMAGE_FEEDBACK, [{ version: 1, run: downloadedImages }]],
    [XmlCommand.SECURITY_SET_ALLINONE_SIGNATURE, [{ version: 1, run: storeSignature }]],
    [XmlCommand.EMMC_CONTROL, [{ version: 1, run: storageControl }]],
    [XmlCommand.READ_REGISTER, [{ version: 1, needsProof: true, run: readRegister }]],
    [XmlCommand.WRITE_REGISTER, [{ version: 1, needsProof: true, run: writeRegister }]],
    [XmlCommand.SET_BOOT_MODE, [{ version: 1, needsProof: true, run: setBootMode }]],
    [XmlCommand.REBOOT, [{ version: 1, run: reboot }]],
  ]);
  if (agent.xml?.hostSupportedCommands === 'both') {
    commands.set(XmlCommand.HOST_SUPPORTED_COMMANDS, [{ version: 1, run: hostSupportedCommands }]);
  }
  if (security?.agentLinkKey !== undefined) {
    commands.set(XmlCommand.SECURITY_GET_DEV_FW_INFO, [{ version: 1, run: deviceFirmwareInfo }]);
    commands.set(XmlCommand.SECURITY_SET_FLASH_POLICY, [{ version: 1, run: setFlashPolicy }]);
  }
  if (agent.xml?.higherUsbSpeed) {
    commands.set(XmlCommand.CAN_HIGHER_USB_SPEED, [{ version: 1, run: canUseHigherUsbSpeed }]);
    commands.set(XmlCommand.SWITCH_HIGHER_USB_SPEED, [{ version: 1, run: switchUsbSpeed }]);
  }
  return commands;
}
