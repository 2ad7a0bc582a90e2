import { describe, expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import { ascii, concat, encode, hexBytes, sum16, u16, u64 } from '../../wire/index.js';
import { Conversation } from './conversation.js';
import { LegacyAgent } from './legacy-agent.js';
import { collect, content, pieces } from './testing/fake-agent.js';
import { failureOf, HASTY } from './testing/samples.js';
import { ScriptedDevice, toHost, toPhone, transcript } from './testing/scripted-device.js';

const PAGE = 2048;
const BLOCK = 64 * PAGE;
const STORAGE = {
  kind: 'nand' as const,
  blockSize: PAGE,
  regions: new Map([['nand' as const, 0x1eb00000]]),
  id: Uint8Array.of(0xad, 0xdc),
  nand: { pageSize: PAGE, spareSize: 64, eraseBlock: BLOCK, poolSize: 0x1500000 },
};
type Steps = ConstructorParameters<typeof ScriptedDevice>[0];

function agentOn(...steps: Steps) {
  const device = new ScriptedDevice(steps);
  const notes: string[] = [];
  const talk = new Conversation(new Link(device), HASTY);
  const agent = new LegacyAgent(talk, { version: 'nand', storage: STORAGE, onNote: (note) => notes.push(note) });
  return { device, agent, notes };
}

const nand = (start: number, length: number) => ({ region: 'nand' as const, start, length });
const sum = (bytes: Uint8Array) => encode(u16, 'big', sum16(bytes));
const MAY_WRITE = transcript('→ E0 00 00 00 00\n← 5A');

/** READ of whole pages from a NAND. */
function reads(address: number, bytes: Uint8Array): Steps {
  return [
    ...transcript(
      `→ D6 0B 01 ${hexBytes(encode(u64, 'big', address))} ${hexBytes(encode(u64, 'big', bytes.length))}\n← 5A`,
    ),
    ...transcript('→ 00 10 00 00'),
    toHost(concat(bytes, sum(bytes))),
    ...transcript('→ 5A'),
  ];
}

/** FORMAT of a NAND by logical address; `reports` are its progress. */
function formats(address: number, length: number, reports = '← 00 00 00 00 64\n→ 5A'): Steps {
  return transcript(
    `→ D4 01 00 00 00 ${hexBytes(encode(u64, 'big', address))} ${hexBytes(encode(u64, 'big', length))}\n← 5A 5A\n${reports}\n← 5A 5A`,
  );
}

describe('LegacyAgent on NAND', () => {
  it('reads whole pages and gives what was asked for', async () => {
    const pages = content(2 * PAGE);
    const { device, agent } = agentOn(...reads(BLOCK, pages));
    expect(await collect(agent.read(nand(BLOCK + 5, 3000)))).toEqual(pages.slice(5, 3005));
    device.expectFinished();
  });

  it('erases blocks before it programs them, and puts back what lies behind the data', async () => {
    const data = content(BLOCK + 1000);
    const behind = new Uint8Array(BLOCK - 1000).fill(0xff);
    behind.set([1, 2, 3], 1500);
    const second = concat(data.slice(BLOCK), behind.slice(0, 2 * PAGE - 1000));
    // The tail begins inside a page: the whole page is read.
    const { device, agent } = agentOn(
      ...MAY_WRITE,
      ...reads(3 * BLOCK, concat(new Uint8Array(1000), behind)),
      ...formats(2 * BLOCK, 2 * BLOCK),
      ...transcript(`→ B3 00 01 00 00 00 02 00 00 00 01 00 02 00 00 00 02 00 00\n← 5A`),
      toPhone(concat(Uint8Array.of(0x5a), data.slice(0, BLOCK), sum(data.slice(0, BLOCK)))),
      ...transcript('← 69'),
      ...transcript(`→ B3 00 01 00 00 00 03 00 00 00 01 00 02 00 00 00 00 10 00\n← 5A`),
      toPhone(concat(Uint8Array.of(0x5a), second, sum(second))),
      ...transcript('← 69'),
    );
    const seen: number[] = [];
    await agent.write(nand(2 * BLOCK, data.length), pieces(data), { onBytes: (bytes) => seen.push(bytes) });
    device.expectFinished();
    expect(seen).toEqual([BLOCK, data.length]);
  });

  it('leaves pages alone that stay erased', async () => {
    const data = content(PAGE);
    const { device, agent } = agentOn(
      ...MAY_WRITE,
      ...reads(PAGE, new Uint8Array(BLOCK - PAGE).fill(0xff)),
      ...formats(0, BLOCK),
      ...transcript('→ B3 00 01 00 00 00 00 00 00 00 01 00 02 00 00 00 00 08 00\n← 5A'),
      toPhone(concat(Uint8Array.of(0x5a), data, sum(data))),
      ...transcript('← 69'),
    );
    await agent.write(nand(0, PAGE), pieces(data));
    device.expectFinished();
  });

  it('does not program blocks whose data are what erasing leaves', async () => {
    const data = concat(new Uint8Array(BLOCK).fill(0xff), content(PAGE), new Uint8Array(2 * BLOCK - PAGE).fill(0xff));
    const { device, agent } = agentOn(
      ...MAY_WRITE,
      ...formats(0, 3 * BLOCK),
      ...transcript('→ B3 00 01 00 00 00 01 00 00 00 01 00 02 00 00 00 00 08 00\n← 5A'),
      toPhone(concat(Uint8Array.of(0x5a), content(PAGE), sum(content(PAGE)))),
      ...transcript('← 69'),
    );
    const seen: number[] = [];
    await agent.write(nand(0, data.length), pieces(data), { onBytes: (bytes) => seen.push(bytes) });
    device.expectFinished();
    expect(seen).toEqual([BLOCK, 2 * BLOCK, 3 * BLOCK]);
  });

  it('sends nothing for a place inside an erase block', async () => {
    const { device, agent } = agentOn();
    const extent = nand(PAGE, PAGE);
    expect(await failureOf(agent.write(extent, pieces(content(PAGE))))).toMatchObject({ code: 'EXTENT_INVALID' });
    expect(await failureOf(agent.erase(extent))).toMatchObject({ code: 'EXTENT_INVALID' });
    device.expectFinished();
  });

  it('does not erase for data that are too short', async () => {
    const { device, agent } = agentOn(...MAY_WRITE);
    expect(await failureOf(agent.write(nand(0, BLOCK), pieces(content(BLOCK - 1))))).toMatchObject({
      code: 'DATA_LENGTH',
    });
    device.expectFinished();
  });

  it('leaves bad blocks alone, reads the statistics, and names what failed to erase', async () => {
    const badBlock = '← 00 00 0B E5 00 00 00 00 00 02 00 00 69\n';
    const statistics = `← A5 ${'00 '.repeat(28)}`;
    const harmless = agentOn(
      ...MAY_WRITE,
      ...formats(0, 2 * BLOCK, `${badBlock}← 00 00 00 00 64\n→ 5A\n${statistics}`),
    );
    await harmless.agent.erase(nand(0, 2 * BLOCK));
    const failed = '← 00 00 0B CF 00 00 00 00 00 02 00 00 69\n← 00 00 00 00 64\n→ 5A';
    const { agent } = agentOn(...MAY_WRITE, ...formats(0, 2 * BLOCK, failed));
    expect(await failureOf(agent.erase(nand(0, 2 * BLOCK)))).toMatchObject({
      code: 'FORMAT_PARTIAL',
      evidence: ['at 0x20000: 3023 (0xBCF) S_DA_NAND_ERASE_FAILED'],
    });
  });

  it('stops a write that the flash refuses', async () => {
    const data = content(BLOCK);
    const { device, agent } = agentOn(
      ...MAY_WRITE,
      ...formats(0, BLOCK),
      ...transcript('→ B3 00 01 00 00 00 00 00 00 00 01 00 02 00 00 00 02 00 00\n← 5A'),
      toPhone(concat(Uint8Array.of(0x5a), data, sum(data))),
      ...transcript('← A5 00 00 0B CC\n→ 96'),
    );
    const failure = await failureOf(agent.write(nand(0, BLOCK), pieces(data)));
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED', stage: 'write' });
    expect(failure.evidence.join()).toContain('3020 (0xBCC)');
    device.expectFinished();
  });

  const entry = (name: string, start: number, size: number) =>
    concat(
      concat(ascii(name), new Uint8Array(64 - name.length)),
      ...[size, 0, start, 0].map((value) => encode(u64, 'little', value)),
    );
  const list = concat(entry('PRELOADER', 0, 2 * BLOCK), entry('BOOTIMG', 2 * BLOCK, 8 * BLOCK), new Uint8Array(0x60));

  it('asks for the partition list of a NAND', async () => {
    const { device, agent } = agentOn(
      ...transcript('→ A2\n← 5A 00 00 01 20\n→ 5A'),
      toHost(list),
      ...transcript('→ 5A'),
    );
    expect(await agent.readPartitionTable()).toMatchObject({
      kind: 'pmt',
      source: "the agent's partition list (PMT)",
      partitions: [
        { name: 'PRELOADER', region: 'nand', start: 0, length: 2 * BLOCK },
        { name: 'BOOTIMG', region: 'nand', start: 2 * BLOCK, length: 8 * BLOCK },
      ],
    });
    device.expectFinished();
  });

  it('has the agent write a partition list', async () => {
    const entries = [
      { name: 'PRELOADER', size: 2 * BLOCK, offset: 0, mask: 0 },
      { name: 'BOOTIMG', size: 8 * BLOCK, offset: 2 * BLOCK, mask: 0 },
    ];
    const said = (end: string): Steps => [
      ...MAY_WRITE,
      ...transcript('→ A1\n← 5A\n→ 00 00 00 02\n← 5A'),
      toPhone(entry('PRELOADER', 0, 2 * BLOCK)),
      ...transcript('← 69'),
      toPhone(entry('BOOTIMG', 2 * BLOCK, 8 * BLOCK)),
      ...transcript(`← 69\n→ 00 00 00 01\n← 5A\n${end}`),
    ];
    const { device, agent } = agentOn(...said('← 5A'));
    await agent.writePartitionList(entries, true);
    device.expectFinished();
    const refused = agentOn(...said('← A5 00 00 13 CD'));
    expect(await failureOf(refused.agent.writePartitionList(entries, true))).toMatchObject({ code: 'AGENT_REFUSED' });
    refused.device.expectFinished();
  });

  it.each([
    ['makes one', '← 5A 69 69 96', true],
    ['has one', '← A5', false],
  ])('asks for a map of bad blocks, and the agent %s', async (_what, answer, made) => {
    const { device, agent } = agentOn(...MAY_WRITE, ...transcript(`→ 52\n${answer}`));
    expect(await agent.mapBadBlocks()).toBe(made);
    device.expectFinished();
  });

  it('says so when there can be no map of bad blocks', async () => {
    const { agent } = agentOn(...MAY_WRITE, ...transcript('→ 52\n← 5A 69 A5'));
    expect(await failureOf(agent.mapBadBlocks())).toMatchObject({ code: 'BAD_BLOCK_MAP_FAILED' });
  });

  it('looks for the table on the chip when the agent tells none that can be used', async () => {
    const block = new Uint8Array(BLOCK).fill(0xff);
    block.set(concat(ascii('1vTP'), list));
    const { device, agent, notes } = agentOn(
      ...transcript('→ A2\n← A5 00 00 04 10'),
      ...reads(0x1eb00000 - 2 * BLOCK, block),
    );
    expect((await agent.readPartitionTable()).partitions.map(({ name }) => name)).toEqual(['PRELOADER', 'BOOTIMG']);
    expect(notes.join()).toContain('S_UNSUPPORTED_OPERATION');
    device.expectFinished();
  });

  it('believes an agent that says there is none', async () => {
    const { device, agent } = agentOn(...transcript('→ A2\n← A5 00 00 04 0D'));
    expect(await failureOf(agent.readPartitionTable())).toMatchObject({ code: 'NO_PARTITION_TABLE' });
    device.expectFinished();
  });
});
