/** Commands that only tell. docs/protocol/xml-agent.md, "GET-HW-INFO" to "GET-DOWNLOADED-IMAGE-FEEDBACK". */

import type { Region } from '@unbrick/core';
import { hexBytes, writeXml, type XmlElement, type XmlOutput } from '@unbrick/core/wire';
import { batteryMillivolts } from '../battery.js';
import { regionSize } from '../flash/fitted-storage.js';
import { CommandFailed, logCommand, required, requireStorage, type XmlAgentState } from './agent-state.js';
import { wireHex } from './request.js';
import { uploadText } from './upload-file.js';

const VENDOR_SAMSUNG = 0x1ce;
const UFS_CID_SIZE = 20;
const UFS_REVISION_SIZE = 8;

export async function hardwareInfo(state: XmlAgentState, root: XmlElement): Promise<void> {
  const targetFile = required(root, 'arg', 'target_file');
  logCommand(state, 'GET-HW-INFO');
  const { profile, faults } = state.session;
  const voltage = state.parameters.batteryExists ? batteryMillivolts(state.session) : 0;
  const text = element('da_hw_info', [
    element('version', '1.2'),
    element('ram_size', number(state.dramReady ? profile.ramSize : 0)),
    ...(faults.batteryUntold ? [] : [element('battery_voltage', String(voltage))]),
    element('random_id', profile.bootRom.meId.toUpperCase()),
    element('product_id', profile.project),
    // Stage 1 knows no storage.
    ...(state.storageReady ? storageElements(state) : []),
  ]);
  await uploadText(state, { info: 'HW-INFO', targetFile, text: writeXml(text), nul: true });
}

function storageElements({ session, fitted }: XmlAgentState): XmlOutput[] {
  const { storage, profile } = session;
  const size = (name: string, region: Region) => element(name, number(regionSize(storage, region)));
  const blockSize = element('block_size', number(fitted.blockSize));
  if (storage.kind === 'ufs') {
    return [
      element('storage', 'UFS'),
      element('ufs', [
        blockSize,
        size('lua0_size', 'lu0'),
        size('lua1_size', 'lu1'),
        size('lua2_size', 'lu2'),
        element('lua3_size', '0'),
        element('ufs_vendor_id', number(VENDOR_SAMSUNG)),
        element('ufs_cid', hexText(profile.storage.id, UFS_CID_SIZE)),
        element('ufs_fwver', hexText(profile.storage.firmwareVersion, UFS_REVISION_SIZE)),
      ]),
    ];
  }
  return [
    element('storage', 'EMMC'),
    element('emmc', [
      blockSize,
      size('boot1_size', 'boot1'),
      size('boot2_size', 'boot2'),
      size('rpmb_size', 'rpmb'),
      size('user_size', 'user'),
      size('gp1_size', 'gp1'),
      size('gp2_size', 'gp2'),
      size('gp3_size', 'gp3'),
      size('gp4_size', 'gp4'),
      element('id', profile.storage.id.toUpperCase()),
    ]),
  ];
}

/** A key that this build does not know is answered with an empty list. */
export async function systemProperty(state: XmlAgentState, root: XmlElement): Promise<void> {
  const key = required(root, 'arg', 'key');
  const targetFile = required(root, 'arg', 'target_file');
  logCommand(state, 'GET-SYS-PROPERTY', false, { key });
  const content = state.session.profile.security?.agentLinkKey === undefined ? 'DISABLED' : 'ENABLED';
  const items = key === 'DA.SLA' ? [{ name: 'item', attributes: { key }, content }] : [];
  const text = writeXml({ name: 'sys_prop', attributes: { version: '1.0' }, content: items });
  await uploadText(state, { info: 'sys-prop', targetFile, text, nul: false });
}

export async function agentInfo(state: XmlAgentState, root: XmlElement): Promise<void> {
  const targetFile = required(root, 'arg', 'target_file');
  logCommand(state, 'GET-DA-INFO');
  const { build = '', version = '' } = state.session.profile.agent.xml ?? {};
  const text = writeXml(
    element('da_info', [element('version', '1.0'), element('da_version', version), element('build', build)]),
  );
  await uploadText(state, { info: 'DA-INFO', targetFile, text, nul: true });
}

export async function downloadedImages(state: XmlAgentState, root: XmlElement): Promise<void> {
  const targetFile = required(root, 'arg', 'target_file');
  logCommand(state, 'GET-DOWNLOADED-IMAGE-FEEDBACK');
  const items = state.downloads.map(({ partition, sum, file }) => ({
    name: 'item',
    attributes: { pt: partition, image_chksum: wireHex(sum), file },
  }));
  const text = writeXml({ name: 'feedback', attributes: { version: '1.0' }, content: items });
  await uploadText(state, { info: 'dev', targetFile, text, nul: false });
}

/** A virtual memory chip never ages, and nobody has written a key to its RPMB. The name is older than UFS. */
export async function storageControl(state: XmlAgentState, root: XmlElement): Promise<void> {
  const operation = required(root, 'arg', 'function');
  const targetFile = required(root, 'arg', 'target_file');
  requireStorage(state);
  logCommand(state, 'EMMC-CONTROL', false, { function: operation });
  switch (operation) {
    case 'LIFE-CYCLE-STATUS':
      return uploadText(state, { info: 'LIFE-CYCLE-STATUS', targetFile, text: 'OK', nul: true });
    case 'GET-RPMB-KEY-STATUS':
      return uploadText(state, { info: 'RPMB-KEY-STATUS', targetFile, text: 'NOT-EXIST', nul: true });
    default:
      throw new CommandFailed();
  }
}

function element(name: string, content: string | readonly XmlOutput[]): XmlOutput {
  return { name, content };
}

/** Hexadecimal, but a plain 0. */
function number(value: number): string {
  return value === 0 ? '0' : wireHex(value);
}

/** The characters of an id as upper-case hex digits, padded with zeros. */
function hexText(text: string, size: number): string {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text).subarray(0, size));
  return hexBytes(bytes).toUpperCase();
}
