import { expect, it } from 'vitest';
import {
  bootTo,
  eraseFlash,
  getSysProperty,
  memoryFile,
  readFlash,
  reboot,
  setBootMode,
  setHostInfo,
  setRuntimeParameter,
  writeFlash,
} from './command-text.js';

const HEAD = '<?xml version="1.0" encoding="utf-8"?>';

it('settings go in the layout of MediaTek’s tool', () => {
  // 432 bytes with the NUL, as captured.
  expect(setRuntimeParameter({ checksumLevel: 'NONE' }).text.length + 1).toBe(432);
  expect(setRuntimeParameter({ checksumLevel: 'USB' }).text).toBe(
    `${HEAD}\n<da>\n    <version>1.1</version>\n    <command>CMD:SET-RUNTIME-PARAMETER</command>\n    <arg>\n` +
      '        <checksum_level>USB</checksum_level>\n        <battery_exist>AUTO-DETECT</battery_exist>\n' +
      '        <da_log_level>INFO</da_log_level>\n        <log_channel>UART</log_channel>\n' +
      '        <system_os>LINUX</system_os>\n    </arg>\n    <adv>\n' +
      '        <initialize_dram>YES</initialize_dram>\n    </adv>\n</da>\n',
  );
});

it('the library’s commands are one line', () => {
  expect(setHostInfo(new Date(2023, 8, 1, 23, 47, 21)).text).toBe(
    `${HEAD}<da><version>1.0</version><command>CMD:SET-HOST-INFO</command><arg><info>20230901T234721</info></arg></da>`,
  );
  expect(bootTo(0x40000000, memoryFile(0x1800)).text).toContain(
    '<at_address>0x40000000</at_address><jmp_address>0x40000000</jmp_address>' +
      '<source_file>MEM://0x7f0000000000:0x1800</source_file>',
  );
});

it('places are hexadecimal, beyond 32 bits too', () => {
  const place = '        <offset>0x1d0000000</offset>\n';
  expect(readFlash('UFS-LUA2', 0x1d0000000, 0x200000000, 'x').text).toContain(
    `        <partition>UFS-LUA2</partition>\n${place}        <length>0x200000000</length>\n        <target_file>x</target_file>\n`,
  );
  expect(writeFlash('UFS-LUA2', 0x1d0000000, 'x').text).toContain(`${place}        <source_file>x</source_file>\n`);
  expect(eraseFlash('UFS-LUA2', 0x1d0000000, 0x1000).text).toContain(`${place}        <length>0x1000</length>\n`);
});

it('what a boot mode needs', () => {
  expect(setBootMode('FASTBOOT').text).toContain('    <arg>\n        <mode>FASTBOOT</mode>\n    </arg>\n');
  expect(setBootMode('META').text).toContain(
    '        <mode>META</mode>\n        <connect_type>USB</connect_type>\n        <mobile_log>OFF</mobile_log>\n        <adb>OFF</adb>\n',
  );
});

it('names and actions', () => {
  expect(reboot('DISCONNECT')).toMatchObject({ name: 'CMD:REBOOT' });
  expect(getSysProperty('DA.SLA', 'a&b').text).toContain('<target_file>a&amp;b</target_file>');
});
