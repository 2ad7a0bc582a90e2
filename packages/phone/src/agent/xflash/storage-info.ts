/** GET_EMMC_INFO, GET_UFS_INFO, GET_NAND_INFO, GET_NOR_INFO: zeros of full size for storage that is not fitted. */
import {
  array,
  ascii,
  bytes,
  concat,
  struct,
  u8,
  u16,
  u32,
  XFLASH_NAND_INFO_SIZE,
  XFLASH_NOR_INFO_SIZE,
  XFLASH_UFS_INFO_SIZE,
  XflashEmmcInfo,
  XflashStatus,
  XflashStorage,
  XflashStorageLife,
  XflashUfsInfoHead,
} from '@unbrick/core/wire';
import { regionSize } from '../flash/fitted-storage.js';
import { type AgentState, buildYear } from './agent-state.js';
import { fixedSize, hexToBytes } from './storage-id.js';

/** Builds of 2017 and 2018 send 56 bytes of UFS information. */
const OLD_UFS_INFO_SIZE = 56;
const UFS_CID_SIZE = 20;
const UFS_SERIAL_SIZE = 132;

/** UFS_INFO after its head, from 2019 on; the text fields are the best that is known of them. */
const UfsInfoTail = struct('little', {
  vendorId: u16,
  cid: bytes(UFS_CID_SIZE),
  firmwareVersion: bytes(8),
  serial: bytes(UFS_SERIAL_SIZE),
  life: array(u8, 3),
  padding: bytes(3),
  lifeStatus: u32,
  alignment: bytes(4),
});
const OldUfsInfoTail = struct('little', { cid: bytes(16), firmwareVersion: bytes(4), padding: u32 });

/** The longer forms came with the builds of 2019-06. */
const hasLongForm = (state: AgentState) => buildYear(state) >= 2019;

async function answer(state: AgentState, data: Uint8Array): Promise<void> {
  await state.channel.send(data);
  await state.channel.status(XflashStatus.OK);
}

export async function emmcInfo(state: AgentState): Promise<void> {
  const { storage, profile } = state.session;
  const life = hasLongForm(state) ? new Uint8Array(XflashStorageLife.size) : new Uint8Array(0);
  if (storage.kind !== 'emmc') return answer(state, concat(new Uint8Array(XflashEmmcInfo.size), life));
  const info = XflashEmmcInfo.build({
    type: XflashStorage.EMMC,
    blockSize: state.fitted.blockSize,
    boot1Size: regionSize(storage, 'boot1'),
    boot2Size: regionSize(storage, 'boot2'),
    rpmbSize: regionSize(storage, 'rpmb'),
    gpSizes: (['gp1', 'gp2', 'gp3', 'gp4'] as const).map((region) => regionSize(storage, region)),
    userSize: regionSize(storage, 'user'),
    cid: fixedSize(hexToBytes(profile.storage.id), 16),
    firmwareVersion: fixedSize(hexToBytes(profile.storage.firmwareVersion), 8),
  });
  return answer(state, concat(info, life));
}

export async function ufsInfo(state: AgentState): Promise<void> {
  const { storage, profile } = state.session;
  const size = hasLongForm(state) ? XFLASH_UFS_INFO_SIZE : OLD_UFS_INFO_SIZE;
  if (storage.kind !== 'ufs') return answer(state, new Uint8Array(size));
  const head = XflashUfsInfoHead.build({
    type: XflashStorage.UFS,
    blockSize: state.fitted.blockSize,
    lu0Size: regionSize(storage, 'lu0'),
    lu1Size: regionSize(storage, 'lu1'),
    lu2Size: regionSize(storage, 'lu2'),
  });
  const product = ascii(profile.storage.id);
  const firmwareVersion = ascii(profile.storage.firmwareVersion);
  const tail = hasLongForm(state)
    ? UfsInfoTail.build({
        vendorId: 0x01ce,
        cid: fixedSize(product, UFS_CID_SIZE),
        firmwareVersion: fixedSize(firmwareVersion, 8),
        serial: fixedSize(product, UFS_SERIAL_SIZE),
        life: [1, 1, 1],
        padding: new Uint8Array(3),
        lifeStatus: 0,
        alignment: new Uint8Array(4),
      })
    : OldUfsInfoTail.build({
        cid: fixedSize(product, 16),
        firmwareVersion: fixedSize(firmwareVersion, 4),
        padding: 0,
      });
  return answer(state, concat(head, tail));
}

export const nandInfo = (state: AgentState) => answer(state, new Uint8Array(XFLASH_NAND_INFO_SIZE));

export const norInfo = (state: AgentState) => answer(state, new Uint8Array(XFLASH_NOR_INFO_SIZE));
