import { describe, expect, it } from 'vitest';
import { practiceFirmware } from '../../practice/firmware.js';
import { scatterXml } from '../../practice/scatter-xml.js';
import { findProfile } from '../../profiles/profiles.js';
import { difference, pattern } from '../../testing/bytes.fixture.js';
import { command, Host } from './testing/host.js';
import { type PhoneOptions, PhoneUnderTest } from './testing/phone-under-test.js';

const profile = findProfile('mt6895-ufs');
const SCATTER = '/fw/MT6895_Android_scatter.xml';
const place = (name: string) => {
  const found = profile.partitions.find((partition) => partition.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

async function start(options: PhoneOptions = {}, scatter = scatterXml(profile)) {
  const phone = await PhoneUnderTest.start({ stage2: () => {}, ...options });
  const host = new Host(phone);
  host.files.set(SCATTER, new TextEncoder().encode(scatter));
  return { phone, host };
}

/** The scatter file with nothing ticked but these. */
function tick(...names: string[]): string {
  return scatterXml({
    ...profile,
    partitions: profile.partitions.map((partition) => {
      if (names.includes(partition.name)) return partition;
      const { fileName: _, ...rest } = partition;
      return rest;
    }),
  });
}

/** The scatter file with a partition made one block smaller, at its end. */
function moved(name: string): string {
  return scatterXml({
    ...profile,
    partitions: profile.partitions.map((each) =>
      each.name === name ? { ...each, start: each.start + 4096, size: each.size - 4096 } : each,
    ),
  });
}

const list = (entries: Record<string, string>) =>
  `<flash_list>${Object.entries(entries)
    .map(([name, file]) => `<pt name="${name}">${file}</pt>`)
    .join('')}</flash_list>`;
const withList = (name: string, args: Record<string, string>, version: string, entries: Record<string, string>) =>
  command(name, args, version).replace('</arg>', `${list(entries)}</arg>`);

describe('FLASH-ALL', () => {
  const flashAll = command('FLASH-ALL', { path_separator: '/', source_file: SCATTER });

  it('fetches scatter file and images by their paths; each image is erased for, the preloader within its writing', async () => {
    const { phone, host } = await start({}, tick('preloader', 'logo', 'lk_a'));
    const files = await practiceFirmware(profile);
    for (const name of ['preloader_k6895v1_64.bin', 'logo.bin', 'lk.img']) {
      host.files.set(`/fw/${name}`, files.get(name) as Uint8Array);
    }
    const outcome = await host.command(flashAll);
    expect(outcome).toEqual({
      result: 'OK',
      message: '',
      requests: [
        'DOWNLOAD-FILE scatter-file',
        'EXISTS /fw/preloader_k6895v1_64.sig',
        'EXISTS /fw/preloader_k6895v1_64-verified.bin',
        'DOWNLOAD-FILE preloader [1/3]',
        'PROGRESS-REPORT logo',
        'EXISTS /fw/logo.sig',
        'EXISTS /fw/logo-verified.bin',
        'DOWNLOAD-FILE logo [2/3]',
        'PROGRESS-REPORT lk_a',
        'EXISTS /fw/lk.sig',
        'EXISTS /fw/lk-verified.img',
        'DOWNLOAD-FILE lk_a [3/3]',
      ],
    });
    const logo = files.get('logo.bin') as Uint8Array;
    expect(difference(await phone.storage.read('lu2', place('logo').start, logo.length), logo)).toBeUndefined();
  });

  it('does not flash over another layout', async () => {
    const { phone, host } = await start({}, moved('logo'));
    const before = await phone.storage.read('lu2', 0, 0x6000);
    expect(await host.command(flashAll)).toMatchObject({
      result: 'ERR',
      message: 'GPT layout change. FW upgrade or Format all first.\n',
    });
    expect(difference(await phone.storage.read('lu2', 0, 0x6000), before)).toBeUndefined();
  });

  it('makes the table itself where there is none', async () => {
    const { phone, host } = await start({ blank: true }, tick('logo'));
    host.files.set('/fw/logo.bin', pattern(5000));
    expect((await host.command(flashAll)).result).toBe('OK');
    await host.command(command('READ-PARTITION-TABLE', { target_file: 'table' }));
    const listed = [...new TextDecoder().decode(host.files.get('table')).matchAll(/<name>(.*?)<\/name>/g)];
    const wanted = profile.partitions.filter(({ name }) => !/^(preloader|[ps]gpt)$/.test(name));
    expect(listed.map(([, name]) => name)).toEqual(wanted.map(({ name }) => name));
    expect(difference(await phone.storage.read('lu2', place('logo').start, 5000), pattern(5000))).toBeUndefined();
  });

  it('takes what a list names, from where the list says', async () => {
    const { phone, host } = await start();
    host.files.set('D:/other/my logo.bin', pattern(100));
    const args = { path_separator: '/', source_file: SCATTER };
    const outcome = await host.command(withList('FLASH-ALL', args, '2.0', { logo: 'D:/other/my logo.bin' }));
    expect(outcome.requests.slice(1)).toEqual([
      'PROGRESS-REPORT logo',
      'EXISTS D:/other/my logo.sig',
      'EXISTS D:/other/my logo-verified.bin',
      'DOWNLOAD-FILE logo [1/1]',
    ]);
    expect(difference(await phone.storage.read('lu2', place('logo').start, 100), pattern(100))).toBeUndefined();
    expect(await host.command(withList('FLASH-ALL', args, '2.0', { lokomotive: 'x' }))).toMatchObject({
      result: 'ERR',
      message: 'Cannot find [lokomotive] info from partition table.\n',
    });
  });

  it('stops at the first image that fails', async () => {
    const { host } = await start({ writeError: 'logo' }, tick('logo', 'lk_a'));
    host.files.set('/fw/logo.bin', pattern(100));
    const outcome = await host.command(flashAll);
    expect(outcome.result).toBe('ERR');
    expect(outcome.requests.at(-1)).toBe('DOWNLOAD-FILE logo [1/2]');
  });

  it.each([
    ['a separator of two characters', { path_separator: '//', source_file: SCATTER }, 'Unknow path separator.\n'],
    ['no separator', { source_file: SCATTER }, 'Required XML node path not found. Check command string.'],
  ])('needs %s', async (_, args, message) => {
    const { host } = await start();
    expect(await host.command(command('FLASH-ALL', args))).toMatchObject({ result: 'ERR', message });
  });

  it.each([
    ['no XML', 'PRELOADER 0x0', 'XML parser exception.\n'],
    ['an entity bomb', '<!DOCTYPE r [<!ENTITY a "a">]><root>&a;</root>', 'XML parser exception.\n'],
    ['another storage', scatterXml(findProfile('mt6855-emmc')), 'Cannot find [UFS] on current device storage.\n'],
    [
      'partitions without address',
      scatterXml(profile).replace(/<physical_start_addr>.*?<\/physical_start_addr>/, ''),
      'Required XML node path not found. Check command string.',
    ],
  ])('refuses a scatter file with %s', async (_, scatter, message) => {
    const { host } = await start({}, scatter);
    expect(await host.command(flashAll)).toMatchObject({ result: 'ERR', message });
  });
});

describe('WRITE-PARTITIONS', () => {
  it('does not look at the layout', async () => {
    const { phone, host } = await start({}, moved('nvcfg'));
    host.files.set('/fw/logo.bin', pattern(100));
    const outcome = await host.command(
      withList('WRITE-PARTITIONS', { source_file: SCATTER }, '1.0', { logo: '/fw/logo.bin' }),
    );
    expect(outcome.result).toBe('OK');
    expect(difference(await phone.storage.read('lu2', place('logo').start, 100), pattern(100))).toBeUndefined();
  });
});

describe('FLASH-UPDATE', () => {
  const args = { path_separator: '/', source_file: SCATTER, backup_folder: '/backup' };
  const update = withList('FLASH-UPDATE', args, '2.0', { logo: '/fw/logo.bin' });
  /** Misc and para change places: all that is protected lies elsewhere afterwards. */
  const grown = () => {
    const misc = place('misc');
    return scatterXml({
      ...profile,
      partitions: profile.partitions.map((each) => {
        if (each.name === 'misc') return { ...each, size: each.size + 0x100000 };
        const isLater = each.region === 'lu2' && each.start > misc.start && each.operation !== 'RESERVED';
        if (!isLater) return each;
        return { ...each, start: each.start + 0x100000, size: each.size - (each.name === 'userdata' ? 0x100000 : 0) };
      }),
    });
  };

  it('leaves what is protected in its place when the layout is the same', async () => {
    const { phone, host } = await start();
    host.files.set('/fw/logo.bin', pattern(100));
    const before = await phone.storage.read('lu2', place('nvram').start, 4096);
    const outcome = await host.command(update);
    expect(outcome.result).toBe('OK');
    expect(outcome.requests.slice(0, 4)).toEqual([
      'DOWNLOAD-FILE scatter-file',
      'EXISTS /backup',
      'MKDIR /backup',
      'EXISTS /backup/record_history.bin',
    ]);
    expect(outcome.requests).not.toContain('UPLOAD-FILE nvram');
    expect(outcome.requests.at(-1)).toBe('REMOVE-ALL /backup');
    expect(difference(await phone.storage.read('lu2', place('nvram').start, 4096), before)).toBeUndefined();
    expect(await phone.storage.read('lu2', place('nvdata').start, 64)).toEqual(new Uint8Array(64));
  });

  it('carries it over to a new layout through the host', async () => {
    const { phone, host } = await start({}, grown());
    host.files.set('/fw/logo.bin', pattern(100));
    const before = await phone.storage.read('lu2', place('nvram').start, 4096);
    const outcome = await host.command(update);
    expect(outcome.result).toBe('OK');
    expect(outcome.requests).toContain('UPLOAD-FILE nvram');
    expect(outcome.requests).toContain('UPLOAD-FILE FW-RECORD');
    const now = await phone.storage.read('lu2', place('nvram').start + 0x100000, 4096);
    expect(difference(now, before)).toBeUndefined();
    expect([...host.files.keys()].some((name) => name.startsWith('/backup'))).toBe(false);
  });

  it('goes on with the backup of an upgrade that was interrupted', async () => {
    const { phone, host } = await start({}, grown());
    host.files.set('/fw/logo.bin', pattern(100));
    host.folders.add('/backup');
    host.files.set('/backup/record_history.bin', new TextEncoder().encode('S1\0'));
    for (const { name, operation, size } of profile.partitions) {
      if (/PROTECTED|BINREGION/.test(operation)) host.files.set(`/backup/${name}`, pattern(Math.min(size, 5000)));
    }
    const outcome = await host.command(update);
    expect(outcome.result).toBe('OK');
    expect(outcome.requests).not.toContain('UPLOAD-FILE nvram');
    const now = await phone.storage.read('lu2', place('nvram').start + 0x100000, 5000);
    expect(difference(now, pattern(5000))).toBeUndefined();
  });
});
