import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { agentFileBytes } from './agent-file.fixture.js';
import { MemoryFolder } from './memory-folder.js';
import { type FirmwarePackage, openFirmware } from './package.js';
import { gptScatter, headText, multiScatter, partitionText, xmlScatter } from './scatter/scatter-text.fixture.js';

const SCATTER = 'MT6735_Android_scatter.txt';
const AGENT = agentFileBytes({ entries: [{ hwCode: 0x6735 }] });
/** What gptScatter() ticks. */
const IMAGES = { 'preloader_demo.bin': 'p', 'lk.bin': 'l', 'boot.img': 'b', 'system.img': 's', 'userdata.img': 'u' };

const open = (files: Record<string, Uint8Array | string>, scatterPath?: string) =>
  openFirmware(new MemoryFolder('rom', files), { scatterPath });

const inFolder = (folder: string, files: Record<string, Uint8Array | string>) =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]));

function pathOf(firmware: FirmwarePackage, name: string): string | undefined {
  const partition = firmware.scatter.layouts[0]?.partitions.find((each) => each.name === name);
  if (!partition) throw new Error(`no partition ${name}`);
  return firmware.fileFor(partition);
}

async function refusal(promise: Promise<unknown>): Promise<UnbrickError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UnbrickError);
  return error as UnbrickError;
}

describe('a firmware folder', () => {
  test('is looked through: scatter file, images, preloader, agents, the rest', async () => {
    const firmware = await open({
      [SCATTER]: gptScatter(),
      ...IMAGES,
      'download_agent/DA_PL.bin': AGENT,
      'MTK_AllInOne_DA.bin': AGENT,
      'auth_sv5.auth': '',
      'Checksum.ini': '',
      'notes.doc': '',
    });
    expect(firmware).toMatchObject({
      name: 'rom',
      scatterPath: SCATTER,
      scatterWhy: 'MT6735, project demo, EMMC, 5 of 5 ticked image files are there',
      alternatives: [],
      agentFiles: ['MTK_AllInOne_DA.bin', 'download_agent/DA_PL.bin'],
      authFiles: ['auth_sv5.auth'],
      preloaderPath: 'preloader_demo.bin',
      unknown: ['notes.doc'],
      problems: [],
    });
    expect(pathOf(firmware, 'boot')).toBe('boot.img');
    expect(pathOf(firmware, 'nvram')).toBeUndefined();
  });

  test('file names match in any case, the very same first', async () => {
    const { 'boot.img': _, ...others } = IMAGES;
    expect(pathOf(await open({ [SCATTER]: gptScatter(), ...others, 'BOOT.IMG': '' }), 'boot')).toBe('BOOT.IMG');
    expect(pathOf(await open({ [SCATTER]: gptScatter(), ...others, 'BOOT.IMG': '', 'boot.img': '' }), 'boot')).toBe(
      'boot.img',
    );
    // Two, and neither is the one that is named: no guess.
    expect(
      pathOf(await open({ [SCATTER]: gptScatter(), ...others, 'BOOT.IMG': '', 'Boot.img': '' }), 'boot'),
    ).toBeUndefined();
  });

  test('images lie beside the scatter file, not elsewhere', async () => {
    const firmware = await open({
      ...inFolder('rom/images', { [SCATTER]: gptScatter(), ...IMAGES, 'boot.img': '' }),
      'boot.img': '',
      'rom/lk.bin': '',
    });
    expect(firmware.scatterPath).toBe(`rom/images/${SCATTER}`);
    expect(pathOf(firmware, 'boot')).toBe('rom/images/boot.img');
    const { 'lk.bin': _, ...others } = IMAGES;
    expect(
      pathOf(await open({ ...inFolder('images', { [SCATTER]: gptScatter(), ...others }), 'lk.bin': '' }), 'lk'),
    ).toBeUndefined();
  });

  test.each([
    ['images/boot.img', 'target_bin/images/boot.img'],
    ['./boot.img', 'target_bin/boot.img'],
    ['../boot.img', 'boot.img'],
    ['images\\boot.img', 'target_bin/images/boot.img'],
    ['D:\\build\\out\\boot.img', 'target_bin/boot.img'],
    ['/home/build/boot.img', 'target_bin/boot.img'],
    ['out/boot.img', 'target_bin/boot.img'],
    ['../../boot.img', 'target_bin/boot.img'],
    ['..', undefined],
    ['"boot image.img"', 'target_bin/boot image.img'],
  ])('file_name: %s', async (fileName, path) => {
    const scatter = headText() + partitionText(0, 'boot', { file_name: fileName });
    const images = { 'boot.img': '', 'images/boot.img': '', 'boot image.img': '' };
    const firmware = await open({ 'boot.img': '', ...inFolder('target_bin', { [SCATTER]: scatter, ...images }) });
    expect(pathOf(firmware, 'boot')).toBe(path);
  });
});

describe('several scatter files', () => {
  test('the one whose images are there is taken, the others are listed', async () => {
    const firmware = await open({
      'a_scatter.txt': gptScatter({ project: 'other' }).replaceAll('.img', '-sign.img'),
      'z_scatter.txt': gptScatter(),
      'broken_scatter.txt': '<html></html>',
      'MT6735_Android_scatter.xml': '<?xml version="1.0"?><root><general name="MTK_PLATFORM_CFG"/></root>',
      'scatter_checksum.xml': '<scatter><images/></scatter>',
      ...IMAGES,
    });
    expect(firmware.scatterPath).toBe('z_scatter.txt');
    expect(firmware.alternatives.map((each) => each.path)).toEqual([
      'a_scatter.txt',
      'MT6735_Android_scatter.xml',
      'broken_scatter.txt',
    ]);
    expect(firmware.alternatives[0]?.why).toBe('MT6735, project other, EMMC, 2 of 5 ticked image files are there');
    expect(firmware.alternatives[1]?.why).toContain('describes no partition');
    expect(firmware.problems.map((each) => each.code)).toEqual(['FIRMWARE_SEVERAL_SCATTERS']);
  });

  test('of equal ones the plain and the higher is taken', async () => {
    const same = { 'MT6735_Android_scatter-verified.txt': gptScatter(), [SCATTER]: gptScatter(), ...IMAGES };
    expect((await open(same)).scatterPath).toBe(SCATTER);
    expect((await open({ ...inFolder('A', same), ...same })).scatterPath).toBe(SCATTER);
  });

  test('the user’s word counts, in any case', async () => {
    const files = { 'sub/a_scatter.txt': gptScatter(), [SCATTER]: gptScatter(), ...IMAGES };
    const firmware = await open(files, './SUB/a_Scatter.txt');
    expect(firmware).toMatchObject({
      scatterPath: 'sub/a_scatter.txt',
      scatterWhy: 'you named it',
      alternatives: [],
      problems: [],
    });
    const error = await refusal(open(files, 'b_scatter.txt'));
    expect(error).toMatchObject({ code: 'FILE_MISSING' });
    expect(error.evidence.join()).toContain(SCATTER);
    expect(await refusal(open({ 'x_scatter.txt': '' }, 'x_scatter.txt'))).toMatchObject({ code: 'SCATTER_UNREADABLE' });
  });

  test('of a multi-storage file the better layout decides', async () => {
    const firmware = await open({ [SCATTER]: multiScatter(), ...IMAGES });
    expect(firmware.scatterWhy).toBe('MT6785, project demo, EMMC and UFS, 5 of 5 ticked image files are there');
  });

  test('a renamed scatter file is known by its content', async () => {
    expect((await open({ 'readme.txt': 'hello', 'map.txt': gptScatter(), ...IMAGES })).scatterPath).toBe('map.txt');
  });
});

describe('the preloader', () => {
  const without = gptScatter().replace('file_name: preloader_demo.bin', 'file_name: NONE');
  const { 'preloader_demo.bin': _, ...others } = IMAGES;

  test.each<[string, Record<string, string>, string | undefined, string[]]>([
    ['by project', { 'preloader_demo.bin': '', 'preloader_a.bin': '' }, 'preloader_demo.bin', ['PRELOADER_GUESSED']],
    ['the only one', { 'Preloader.img': '' }, 'Preloader.img', ['PRELOADER_GUESSED']],
    ['the only one below', { 'bin/preloader_x.bin': '' }, 'bin/preloader_x.bin', ['PRELOADER_GUESSED']],
    ['two others', { 'preloader_a.bin': '', 'preloader_b.bin': '' }, undefined, ['PRELOADER_AMBIGUOUS']],
    ['far away', { 'a/b/preloader_demo.bin': '' }, undefined, []],
    ['none', {}, undefined, []],
  ])('that the scatter file does not name: %s', async (_what, files, path, codes) => {
    const firmware = await open({ [SCATTER]: without, ...others, ...files });
    expect(firmware.preloaderPath).toBe(path);
    expect(firmware.problems.map((each) => each.code)).toEqual(codes);
    // A guess serves the memory settings only; it is never what would be written.
    expect(pathOf(firmware, 'preloader')).toBeUndefined();
  });
});

describe('a package for SP Flash Tool 6', () => {
  const flashXml = '<flash><scatter>../images/MT6789_scatter.xml</scatter><da>DA_BR.bin</da></flash>';

  test('its flash.xml decides between scatter files', async () => {
    const firmware = await open({
      'download_agent/flash.xml': flashXml,
      'download_agent/DA_BR.bin': AGENT,
      'images/MT6789_scatter.xml': xmlScatter(gptScatter({ platform: 'MT6789' })),
      ...inFolder('old', { [SCATTER]: gptScatter(), ...IMAGES }),
    });
    expect(firmware.scatterPath).toBe('images/MT6789_scatter.xml');
    expect(firmware.scatterWhy).toContain('named by flash.xml');
    expect(firmware.agentFiles).toEqual(['download_agent/DA_BR.bin']);
  });

  test('a flash.xml that names what is not there is told', async () => {
    const firmware = await open({ 'download_agent/flash.xml': flashXml, [SCATTER]: gptScatter(), ...IMAGES });
    expect(firmware.problems).toMatchObject([{ code: 'FILE_MISSING', message: expect.stringContaining('MT6789') }]);
    expect((await open({ 'flash.xml': '<broken', [SCATTER]: gptScatter(), ...IMAGES })).problems).toEqual([]);
  });
});

describe('signed and plain images side by side', () => {
  test('are told, with the ones that the scatter file names', async () => {
    const firmware = await open({ [SCATTER]: gptScatter(), ...IMAGES, 'boot-verified.img': '', 'LK-SIGN.bin': '' });
    expect([...firmware.signedTwins]).toEqual([
      ['lk.bin', 'LK-SIGN.bin'],
      ['boot.img', 'boot-verified.img'],
    ]);
    expect(firmware.problems).toMatchObject([{ code: 'FIRMWARE_SIGNED_SET' }]);
    expect(firmware.unknown).toEqual([]);
  });
});

describe('no firmware', () => {
  test.each<[Record<string, string>, RegExp, RegExp]>([
    [{ 'rom.zip': '' }, /rom\.zip: a zip archive/, /Name the archive itself/],
    [{ 'CPH1234_export_11.ofp': '' }, /OPPO/, /unpacked with a tool for packages of that maker/],
    [{ 'x.PAC': '' }, /Unisoc/, /never for MediaTek/],
    [{ 'boot.img': '', 'system.img': '' }, /2 image files \(boot\.img, system\.img\)/, /MTxxxx_Android_scatter/],
    [{ 'payload.bin': '' }, /over-the-air/, /full firmware/],
    [{ 'holiday.jpg': '' }, /1 files: holiday\.jpg/, /MTxxxx_Android_scatter/],
    [{}, /empty/, /MTxxxx_Android_scatter/],
  ])('%j', async (files, evidence, next) => {
    const error = await refusal(open(files));
    expect(error).toMatchObject({ code: 'FIRMWARE_NO_SCATTER', stage: 'firmware' });
    expect(error.evidence.join('; ')).toMatch(evidence);
    expect(error.next.join('; ')).toMatch(next);
  });

  test('scatter files that cannot be read: the most telling refusal stands', async () => {
    const error = await refusal(
      open({
        'a_scatter.txt': '<html></html>',
        'b_scatter.txt': headText({ storage: 'NOR' }) + partitionText(0, 'boot', { region: 'NONE' }),
      }),
    );
    expect(error.code).toBe('SCATTER_UNSUPPORTED');
    expect(error.evidence.join('; ')).toContain('a_scatter.txt is a web page');
  });

  test('a single file that is none', async () => {
    expect(await refusal(open({ 'a_scatter.txt': '<html></html>' }))).toMatchObject({ code: 'SCATTER_UNREADABLE' });
  });

  test('a memory folder tells a missing file', async () => {
    expect(await refusal(new MemoryFolder('rom', { a: '' }).open('b'))).toMatchObject({ code: 'FILE_MISSING' });
    expect((await new MemoryFolder('rom', { 'x/a': 'hé' }).open('x/a')).name).toBe('a');
  });
});
