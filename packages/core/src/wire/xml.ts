/**
 * Facts of the XML ("V6") Download Agent protocol that host and virtual phone share. Frames are those of XFlash
 * ({@link XflashFrameHeader}); payloads are text with one NUL at the end, or raw data. See docs/protocol/xml-agent.md.
 */

/** Longest command text a phone takes, bytes with NUL. */
export const XML_MAX_TEXT = 0x80000;
/** Longest acknowledgement a phone takes, bytes with NUL. */
export const XML_MAX_ACK = 64;

/** Requests of the phone to the host. */
export const XmlRequest = {
  START: 'CMD:START',
  END: 'CMD:END',
  PROGRESS_REPORT: 'CMD:PROGRESS-REPORT',
  DOWNLOAD_FILE: 'CMD:DOWNLOAD-FILE',
  UPLOAD_FILE: 'CMD:UPLOAD-FILE',
  FILE_SYS_OPERATION: 'CMD:FILE-SYS-OPERATION',
} as const;

/** Commands of the host to the phone. */
export const XmlCommand = {
  SET_RUNTIME_PARAMETER: 'CMD:SET-RUNTIME-PARAMETER',
  HOST_SUPPORTED_COMMANDS: 'CMD:HOST-SUPPORTED-COMMANDS',
  NOTIFY_INIT_HW: 'CMD:NOTIFY-INIT-HW',
  /** The older name of NOTIFY_INIT_HW. */
  NOTIFY_INIT_DRAM: 'CMD:NOTIFY-INIT-DRAM',
  SET_HOST_INFO: 'CMD:SET-HOST-INFO',
  BOOT_TO: 'CMD:BOOT-TO',
  CAN_HIGHER_USB_SPEED: 'CMD:CAN-HIGHER-USB-SPEED',
  SWITCH_HIGHER_USB_SPEED: 'CMD:SWITCH-HIGHER-USB-SPEED',
  GET_SYS_PROPERTY: 'CMD:GET-SYS-PROPERTY',
  GET_HW_INFO: 'CMD:GET-HW-INFO',
  GET_DA_INFO: 'CMD:GET-DA-INFO',
  READ_PARTITION_TABLE: 'CMD:READ-PARTITION-TABLE',
  READ_PARTITION: 'CMD:READ-PARTITION',
  READ_FLASH: 'CMD:READ-FLASH',
  WRITE_PARTITION: 'CMD:WRITE-PARTITION',
  WRITE_PARTITIONS: 'CMD:WRITE-PARTITIONS',
  WRITE_FLASH: 'CMD:WRITE-FLASH',
  ERASE_PARTITION: 'CMD:ERASE-PARTITION',
  ERASE_FLASH: 'CMD:ERASE-FLASH',
  FLASH_ALL: 'CMD:FLASH-ALL',
  FLASH_UPDATE: 'CMD:FLASH-UPDATE',
  SET_BOOT_MODE: 'CMD:SET-BOOT-MODE',
  SET_RSC: 'CMD:SET-RSC',
  EMMC_CONTROL: 'CMD:EMMC-CONTROL',
  READ_REGISTER: 'CMD:READ-REGISTER',
  WRITE_REGISTER: 'CMD:WRITE-REGISTER',
  READ_EFUSE: 'CMD:READ-EFUSE',
  WRITE_EFUSE: 'CMD:WRITE-EFUSE',
  RAM_TEST: 'CMD:RAM-TEST',
  WRITE_PRIVATE_CERT: 'CMD:WRITE-PRIVATE-CERT',
  GET_DOWNLOADED_IMAGE_FEEDBACK: 'CMD:GET-DOWNLOADED-IMAGE-FEEDBACK',
  SECURITY_GET_DEV_FW_INFO: 'CMD:SECURITY-GET-DEV-FW-INFO',
  SECURITY_SET_FLASH_POLICY: 'CMD:SECURITY-SET-FLASH-POLICY',
  SECURITY_SET_ALLINONE_SIGNATURE: 'CMD:SECURITY-SET-ALLINONE-SIGNATURE',
  REBOOT: 'CMD:REBOOT',
} as const;

/** Acknowledgements; only the first two letters decide between success and failure. */
export const XmlAck = {
  OK: 'OK',
  ERR: 'ERR',
  EOT: 'OK!EOT',
  CANCEL: 'ERR!CANCEL',
  UNSUPPORTED: 'ERR!UNSUPPORTED',
  EXISTS: 'OK@EXISTS',
  NOT_EXISTS: 'OK@NOT-EXISTS',
} as const;

/**
 * Chunk checksum at level CHK_ADD, as the host announces it: sum of little-endian 32-bit words plus the 0 to 3 tail bytes,
 * 32 bits. Agents compare its low 16 bits only.
 */
export function xmlChunkSum(data: Uint8Array): number {
  let sum = 0;
  const words = data.length & ~3;
  for (let i = 0; i < words; i += 4) {
    const low = (data[i] as number) | ((data[i + 1] as number) << 8);
    sum = (sum + (low | ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24))) | 0;
  }
  for (let i = words; i < data.length; i++) sum = (sum + (data[i] as number)) | 0;
  return sum >>> 0;
}
