/** Scatter files in the form of real ones, for tests. */

export type ScatterKeys = Record<string, string | undefined>;

/** A partition block as the makers' tools write it; a key set to undefined is left out. */
export function partitionText(index: number, name: string, keys: ScatterKeys = {}, indent = ''): string {
  const all: ScatterKeys = {
    partition_name: name,
    file_name: `${name}.img`,
    is_download: 'true',
    type: 'NORMAL_ROM',
    linear_start_addr: keys.physical_start_addr ?? '0x0',
    physical_start_addr: '0x0',
    partition_size: '0x100000',
    region: 'EMMC_USER',
    storage: 'HW_STORAGE_EMMC',
    boundary_check: 'true',
    is_reserved: 'false',
    operation_type: 'UPDATE',
    is_upgradable: 'true',
    empty_boot_needed: 'false',
    reserve: '0x00',
    ...keys,
  };
  const lines = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]));
  return `${indent}- partition_index: SYS${index}\n${lines.map((line) => `${indent}  ${line}\n`).join('')}\n`;
}

const RULE = '#'.repeat(108);

export function headText(keys: ScatterKeys = {}): string {
  const all: ScatterKeys = {
    config_version: 'V1.1.2',
    platform: 'MT6735',
    project: 'demo',
    storage: 'EMMC',
    boot_channel: 'MSDC_0',
    block_size: '0x20000',
    ...keys,
  };
  const [first, ...rest] = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${value}`],
  );
  return `${RULE}\n#\n#  General Setting\n#\n${RULE}\n- general: MTK_PLATFORM_CFG\n  info: \n    - ${first}\n${rest
    .map((line) => `      ${line}\n`)
    .join('')}${RULE}\n#\n#  Layout Setting\n#\n${RULE}\n`;
}

/** The partitions of a small GPT phone, as in the V1.1.2 generation. */
export function gptPartitions(indent = '', kind: 'EMMC' | 'UFS' = 'EMMC'): string {
  const storage = `HW_STORAGE_${kind}`;
  const region = kind === 'EMMC' ? 'EMMC_USER' : 'UFS_LU2';
  const user = (start: string, more: ScatterKeys = {}) => ({
    physical_start_addr: start,
    linear_start_addr: start,
    region,
    storage,
    ...more,
  });
  const hidden = { file_name: 'NONE', is_download: 'false', operation_type: 'INVISIBLE' };
  const reserved = { ...hidden, boundary_check: 'false', is_reserved: 'true', operation_type: 'RESERVED' };
  return [
    partitionText(
      0,
      'preloader',
      {
        file_name: 'preloader_demo.bin',
        type: 'SV5_BL_BIN',
        region: kind === 'EMMC' ? 'EMMC_BOOT1_BOOT2' : 'UFS_LU0_LU1',
        partition_size: '0x40000',
        operation_type: 'BOOTLOADERS',
        storage,
      },
      indent,
    ),
    partitionText(1, 'pgpt', user('0x0', { ...hidden, partition_size: '0x80000' }), indent),
    partitionText(
      2,
      'nvram',
      user('0x80000', { ...hidden, operation_type: 'BINREGION', partition_size: '0x500000' }),
      indent,
    ),
    partitionText(3, 'lk', user('0x580000', { file_name: 'lk.bin', partition_size: '0x80000' }), indent),
    partitionText(4, 'boot', user('0x600000', { partition_size: '0x1000000' }), indent),
    partitionText(5, 'system', user('0x1600000', { type: 'EXT4_IMG', partition_size: '0xfe000000' }), indent),
    partitionText(6, 'userdata', user('0x114000000', { type: 'EXT4_IMG', partition_size: '0x0' }), indent),
    partitionText(7, 'flashinfo', user('0xFFFF0080', { ...reserved, partition_size: '0x1000000' }), indent),
    partitionText(8, 'sgpt', user('0xffff0000', { ...reserved, partition_size: '0x4200' }), indent),
  ].join('');
}

export function gptScatter(keys: ScatterKeys = {}): string {
  return headText(keys) + gptPartitions();
}

/** Two storages in one file, V2.1.0. */
export function multiScatter(): string {
  const section = (kind: 'EMMC' | 'UFS', block: string) =>
    `${RULE}\n#  ${kind} Layout Setting\n${RULE}\n- storage_type: ${kind}\n  description: \n  - general: MTK_STORAGE_CFG\n    info: \n` +
    `      - storage: ${kind}\n        boot_channel: ${kind === 'EMMC' ? 'MSDC_0' : 'UFSHCI_0'}\n        block_size: ${block}\n\n` +
    gptPartitions('  ', kind);
  const head = headText({
    config_version: 'V2.1.0',
    platform: 'MT6785',
    storage: undefined,
    boot_channel: undefined,
    block_size: undefined,
  });
  return head + section('EMMC', '0x20000') + section('UFS', '0x80000');
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A text scatter file's blocks as elements: the form of V2.2 with sections, of V1.1.8 without. */
export function xmlScatter(from = multiScatter()): string {
  const lines = from.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const out: string[] = ['<?xml version="1.0" encoding="utf-8"?>', '<root>'];
  const open: { name: string; indent: number }[] = [];
  const closeTo = (indent: number) => {
    while (open.length > 0 && (open.at(-1) as { indent: number }).indent >= indent) out.push(`</${open.pop()?.name}>`);
  };
  const begin = (name: string, value: string, indent: number) => {
    closeTo(indent);
    out.push(`<${name} name="${value}">`);
    open.push({ name, indent });
  };
  for (const line of lines) {
    const [, spaces = '', dash, key = '', value = ''] = /^( *)(- )?(\w+): ?(.*)$/.exec(line) ?? [];
    if (key === 'info' || key === 'description') continue;
    if (dash) begin(key, value, spaces.length);
    else out.push(`<${key}>${value}</${key}>`);
  }
  closeTo(0);
  return `${[...out, '</root>'].join('\n')}\n`;
}
