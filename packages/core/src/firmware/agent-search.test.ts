import { describe, expect, test } from 'vitest';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { chipByHwCode } from '../chips/chips.js';
import { listAgentCandidates } from './agent-candidates.js';
import { agentFileBytes, phoneBlobs } from './agent-file.fixture.js';
import { chooseAgent, findAgentCandidates, loadAgentFiles } from './agent-search.js';
import { MemoryFolder } from './memory-folder.js';
import { MemorySource } from './source.js';

const agent = (hwCode: number, signature = 'real', description?: string) =>
  agentFileBytes({
    ...(description ? { description } : {}),
    entries: [{ hwCode, blobs: phoneBlobs(0x11, 0x400, signature) }],
  });

function identity(hwCode: number, stage: DeviceIdentity['stage'], secured = false): DeviceIdentity {
  const chip = chipByHwCode(hwCode);
  return {
    stage,
    hwCode,
    hwSubCode: 0x8a00,
    hwVersion: 0xca00,
    swVersion: 0,
    bromVersion: 0xff,
    bootloaderVersion: 1,
    ...(chip ? { chip } : {}),
    targetConfig: {
      raw: secured ? 5 : 0,
      secureBoot: secured,
      serialLinkAuthorisation: false,
      agentAuthentication: secured,
      rootCertificate: false,
      memoryReadAuthentication: false,
      memoryWriteAuthentication: false,
    },
  };
}

const load = (files: Record<string, Uint8Array | string>, scatterPath = 'MT_scatter.txt') =>
  loadAgentFiles({ folder: new MemoryFolder('rom', files), agentFiles: Object.keys(files), scatterPath });

describe('candidates', () => {
  test('nearest first, by kind, with a reason; farther away nothing is looked for', () => {
    const paths = [
      'rom/images/boot.bin',
      'rom/MTK_AllInOne_DA.bin',
      'rom/images/download_agent/DA_BR.bin',
      'rom/images/sub/da_pl_crypto20.BIN',
      'rom/images/DA_SWSEC.bin',
      'rom/images/DA_PL.bin',
      'rom/DA/MTK_AllInOne_DA_win.bin',
      'rom/tools/DA_PL.bin',
      'rom/images/DA_PL.txt',
      'DA_PL.bin',
      'rom/tools/deep/DA_PL.bin',
    ];
    expect(
      listAgentCandidates(paths, 'rom/images/MT_scatter.txt').map((each) => [each.path, each.kind, each.reason]),
    ).toEqual([
      ['rom/images/DA_PL.bin', 'preloader', 'the agent for phones in preloader mode, beside the scatter file'],
      ['rom/images/DA_SWSEC.bin', 'sw-security', 'the agent with software security, beside the scatter file'],
      ['rom/images/boot.bin', 'other', 'a file that begins like an agent file, beside the scatter file'],
      [
        'rom/images/download_agent/DA_BR.bin',
        'brom',
        'the agent for phones in BROM mode, in download_agent/ beside the scatter file',
      ],
      [
        'rom/images/sub/da_pl_crypto20.BIN',
        'preloader',
        'the agent for phones in preloader mode, in sub/ below the scatter file',
      ],
      ['rom/DA/MTK_AllInOne_DA_win.bin', 'all-in-one', 'the general agent file, in DA/ above the scatter file'],
      ['rom/MTK_AllInOne_DA.bin', 'all-in-one', 'the general agent file, one folder above the scatter file'],
      [
        'rom/tools/DA_PL.bin',
        'preloader',
        "the agent for phones in preloader mode, in tools/ beside the scatter file's folder",
      ],
    ]);
  });

  test('a file with another name counts when it begins like an agent file', async () => {
    const folder = new MemoryFolder('rom', {
      'scatter.txt': '',
      'lk.bin': 'lk',
      'agent.bin': agent(0x6580),
      'DA_PL.bin': 'broken',
    });
    expect((await findAgentCandidates(folder, 'scatter.txt')).map((each) => each.path)).toEqual([
      'DA_PL.bin',
      'agent.bin',
    ]);
  });
});

describe('the choice', () => {
  test('by mode and generation on an open phone', async () => {
    const files = (code: number) =>
      load({ 'DA_PL.bin': agent(code), 'DA_BR.bin': agent(code), 'MTK_AllInOne_DA.bin': agent(code) });
    const chosen = async (listed: number, hwCode: number, stage: DeviceIdentity['stage']) =>
      chooseAgent(await files(listed), identity(hwCode, stage)).image?.fileName;
    expect(await chosen(0x6765, 0x0766, 'preloader')).toBe('DA_PL.bin');
    expect(await chosen(0x6765, 0x0766, 'brom')).toBe('DA_BR.bin');
    // The legacy DA_PL refuses to write a preloader.
    expect(await chosen(0x6580, 0x6580, 'preloader')).toBe('MTK_AllInOne_DA.bin');
  });

  test('on a secured phone the firmware’s own agent beside the scatter file comes first', async () => {
    const files = await load(
      { 'rom/DA_PL.bin': agent(0x6735), 'MTK_AllInOne_DA.bin': agent(0x6735) },
      'rom/scatter.txt',
    );
    expect(chooseAgent(files, identity(0x0321, 'preloader', true)).image?.fileName).toBe('DA_PL.bin');
    expect(chooseAgent(files, identity(0x0321, 'preloader', false)).image?.fileName).toBe('MTK_AllInOne_DA.bin');
  });

  test('a placeholder for a signature comes last on a phone that checks it, and is told', async () => {
    const both = await load({ 'DA_PL.bin': agent(0x6735, 'placeholder'), 'tools/MTK_AllInOne_DA.bin': agent(0x6735) });
    expect(chooseAgent(both, identity(0x0321, 'preloader', true)).image?.fileName).toBe('MTK_AllInOne_DA.bin');
    const alone = chooseAgent(
      await load({ 'DA_PL.bin': agent(0x6735, 'placeholder') }),
      identity(0x0321, 'preloader', true),
    );
    expect(alone.image?.fileName).toBe('DA_PL.bin');
    expect(alone.why.join('; ')).toContain('probably refuse');
    expect(
      chooseAgent(await load({ 'DA_PL.bin': agent(0x6735, 'placeholder') }), identity(0x0321, 'preloader')).why.join(
        '; ',
      ),
    ).not.toContain('refuse');
  });

  test('files without an agent for the phone are told with their reasons', async () => {
    const files = await load({
      'DA_PL.bin': agent(0x6765),
      'DA_BR.bin': 'not an agent at all',
      'DA_SWSEC.bin': agent(0x6735).subarray(0, 0x500),
      'MTK_AllInOne_DA.bin': agent(0x6735),
    });
    const choice = chooseAgent(files, identity(0x0321, 'preloader'));
    expect(choice.image?.fileName).toBe('MTK_AllInOne_DA.bin');
    expect(choice.why).toEqual([
      'MTK_AllInOne_DA.bin: the general agent file, beside the scatter file',
      'it has an agent for the MT6735, which the file lists as 0x6735',
    ]);
    expect(choice.rejected.map((each) => each.file)).toEqual(['DA_PL.bin', 'DA_BR.bin', 'DA_SWSEC.bin']);
    expect(choice.rejected[0]?.why).toBe('this file has agents for MT6765; the phone is an MT6735');
    expect(choice.rejected[1]?.why).toContain('is not a Download Agent file');
    expect(choice.rejected[2]?.why).toContain('is cut off');
  });

  test('none at all', async () => {
    expect(chooseAgent([], identity(0x6580, 'brom'))).toEqual({ why: [], rejected: [] });
  });

  test('an agent of the V6 generation is taken for younger chips, whatever else they have, but not for old ones', async () => {
    const file = (hwCode: number) => load({ 'DA_BR.bin': agent(hwCode, 'real', 'MTK_DA_v6_2024-02-20 03:35:54') });
    for (const hwCode of [0x1172, 0x0989]) {
      expect(chooseAgent(await file(hwCode), identity(hwCode, 'brom')).image, `${hwCode}`).toBeDefined();
    }
    const choice = chooseAgent(await file(0x6580), identity(0x6580, 'brom'));
    expect(choice.image).toBeUndefined();
    expect(choice.rejected[0]?.why).toContain('V6');
  });

  test('a file that the user names is the only one', async () => {
    const folder = new MemoryFolder('rom', { 'DA_PL.bin': agent(0x6580) });
    const firmware = { folder, agentFiles: ['DA_PL.bin'], scatterPath: 'scatter.txt' };
    const files = await loadAgentFiles(firmware, new MemorySource('mine.bin', agent(0x6580)));
    expect(chooseAgent(files, identity(0x6580, 'brom'))).toMatchObject({
      image: { fileName: 'mine.bin' },
      rejected: [],
    });
  });
});
