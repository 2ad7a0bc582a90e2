/** DEVICE_CTRL: which stage of which build knows which sub-code. docs/protocol/xflash-agent.md, "DEVICE_CTRL". */
import { hex, XflashControl, XflashStatus } from '@unbrick/core/wire';
import { type AgentState, buildYear, isBuild, logCommand } from './agent-state.js';
import * as action from './control-actions.js';
import * as get from './control-gets.js';
import * as set from './control-sets.js';
import { asksForKey, challengeInfo, keyDemanded, takeAnswer } from './maker-key.js';
import { emmcInfo, nandInfo, norInfo, ufsInfo } from './storage-info.js';

/** Runs after the status of the sub-code; sends data and result itself. */
export type Control = (state: AgentState) => Promise<void>;

const CONTROL_NAMES = new Map<number, string>(Object.entries(XflashControl).map(([name, code]) => [code, name]));

/** Sub-codes that change the flash memory. */
const WRITING_CONTROLS = new Set<number>([XflashControl.SET_META_BOOT_MODE, XflashControl.SET_RSC_INFO]);

export async function deviceControl(state: AgentState): Promise<void> {
  const code = await state.channel.receiveParameter();
  const name = CONTROL_NAMES.get(code) ?? hex(code, 8);
  state.channel.answers.begin(name);
  const control = (state.stage === 'stage1' ? stage1Controls(state) : stage2Controls(state)).get(code);
  if (control === undefined) {
    logCommand(state, name, false, { status: hex(XflashStatus.UNSUPPORTED_CTRL_CODE, 8) });
    await state.channel.status(XflashStatus.UNSUPPORTED_CTRL_CODE);
    return;
  }
  logCommand(state, name, WRITING_CONTROLS.has(code));
  await state.channel.status(XflashStatus.OK);
  await control(state);
}

function stage1Controls(state: AgentState): Map<number, Control> {
  const controls = new Map<number, Control>([
    [XflashControl.SET_BATTERY_OPT, set.batteryOption],
    [XflashControl.SET_CHECKSUM_LEVEL, set.checksumLevel],
    [XflashControl.SET_RESET_KEY, set.resetKey],
    [XflashControl.GET_DA_VERSION, get.agentVersion],
    [XflashControl.GET_PACKET_LENGTH, get.packetLength],
    [XflashControl.GET_PARTITION_TABLE_CATEGORY, get.tableCategory],
    [XflashControl.GET_CONNECTION_AGENT, get.connectionAgent],
    [XflashControl.GET_USB_SPEED, get.usbSpeed],
    [XflashControl.GET_RAM_INFO, get.ramInfo],
    [XflashControl.GET_CHIP_ID, get.chipId],
    [XflashControl.GET_RPMB_STATUS, get.rpmbStatus],
    [XflashControl.RAM_TEST, action.ramTest],
  ]);
  if (isSince2018(state)) {
    controls.set(XflashControl.GET_EMMC_INFO, emmcInfo);
    controls.set(XflashControl.GET_UFS_INFO, ufsInfo);
  }
  if (isBuild(state, ['MT6853', 'MT6873', 'MT6885'], 2019)) {
    controls.set(XflashControl.STORAGE_LIFE_CYCLE_CHECK, action.lifeCycleCheck);
  }
  return controls;
}

function stage2Controls(state: AgentState): Map<number, Control> {
  const controls = new Map<number, Control>([
    [XflashControl.SET_BATTERY_OPT, set.batteryOption],
    [XflashControl.SET_REGISTER_VALUE, set.registerValue],
    [XflashControl.SET_EXTERNAL_SIG, set.externalSignature],
    [XflashControl.GET_EMMC_INFO, emmcInfo],
    [XflashControl.GET_NAND_INFO, nandInfo],
    [XflashControl.GET_NOR_INFO, norInfo],
    [XflashControl.GET_UFS_INFO, ufsInfo],
    [XflashControl.GET_DA_VERSION, get.agentVersion],
    [XflashControl.GET_PACKET_LENGTH, get.packetLength],
    [XflashControl.GET_RANDOM_ID, get.randomId],
    [XflashControl.GET_PARTITION_TABLE_CATEGORY, get.tableCategory],
    [XflashControl.GET_USB_SPEED, get.usbSpeed],
    [XflashControl.GET_RAM_INFO, get.ramInfo],
    [XflashControl.GET_CHIP_ID, get.chipId],
    [XflashControl.GET_OTP_LOCK_STATUS, get.otpLockStatus],
    [XflashControl.GET_BATTERY_VOLTAGE, get.batteryVoltage],
    [XflashControl.GET_RPMB_STATUS, get.rpmbStatus],
    [XflashControl.START_DL_INFO, action.startDownloadInfo],
    [XflashControl.END_DL_INFO, action.succeed],
    [action.LOCK_OTP_ZONE, action.refuseOtpLock],
    [action.DISABLE_EMMC_HWRESET_PIN, action.succeed],
    [XflashControl.READ_REGISTER, action.readRegister],
  ]);
  const { platform } = state.session.profile;
  const year = buildYear(state);
  if (platform !== 'MT6739') controls.set(XflashControl.SET_META_BOOT_MODE, set.metaBootMode);
  if (isSince2018(state)) {
    controls.set(XflashControl.SET_REMOTE_SEC_POLICY, set.remoteSecurityPolicy);
    controls.set(XflashControl.SET_ALL_IN_ONE_SIG, set.allInOneSignature);
    controls.set(XflashControl.GET_DEV_FW_INFO, get.deviceFirmwareInfo);
  }
  if (year >= 2018) {
    controls.set(XflashControl.SET_RSC_INFO, set.rscInfo);
    controls.set(XflashControl.GET_HRID, get.hardwareId);
    controls.set(XflashControl.CC_OPTIONAL_DOWNLOAD_ACT, action.succeed);
  }
  if (year >= 2019) {
    controls.set(XflashControl.GET_DRAM_TYPE, get.dramType);
    controls.set(XflashControl.STORAGE_LIFE_CYCLE_CHECK, action.lifeCycleCheck);
  }
  if (isBuild(state, ['MT6765', 'MT6853', 'MT6873'], 2019)) controls.set(XflashControl.SET_REBOOT_MODE, set.rebootMode);
  if (isBuild(state, ['MT6765'], 2020)) controls.set(XflashControl.GET_ERROR_DETAIL, get.errorDetail);
  if (state.session.faults.batteryUntold) controls.delete(XflashControl.GET_BATTERY_VOLTAGE);
  if (asksForKey(state)) {
    controls.set(XflashControl.SLA_ENABLED_STATUS, keyDemanded);
    controls.set(XflashControl.GET_DEV_FW_INFO, challengeInfo);
    controls.set(XflashControl.SET_REMOTE_SEC_POLICY, takeAnswer);
  }
  if (state.session.storage.kind === 'ufs') controls.set(XflashControl.SET_CERT_FILE, set.certificate);
  return controls;
}

/** Codes that came in 2018, on MT6739 a year later. */
function isSince2018(state: AgentState): boolean {
  return buildYear(state) >= (state.session.profile.platform === 'MT6739' ? 2019 : 2018);
}
