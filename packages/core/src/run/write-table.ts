import type { Agent } from '../agent/agent.js';
import { once } from '../agent/byte-stream.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream, sha256Hex } from '../hash.js';
import type { WriteTableStep } from '../plan/plan.js';
import { buildGpt } from '../storage/build-gpt.js';
import { buildPmt } from '../storage/build-pmt.js';
import { buildPmtEntries } from '../storage/pmt-entries.js';
import type { Extent, PmtEntry, PmtRecord } from '../storage/storage.js';
import { concat } from '../wire/index.js';
import type { EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';
import { tableOf } from './phone-session.js';

/**
 * Writes a new partition table and reads it back.
 * @throws UnbrickError `VERIFY_FAILED` when the phone holds another one than was sent
 */
export async function writeTable(agent: Agent, step: WriteTableStep, emit: EventSink): Promise<PartitionReport> {
  const started = performance.now();
  const writing = new PhaseProgress(emit, 'write', step.partition, step.bytes);
  const onNand = step.table === 'pmt' && agent.storage.nand !== undefined;
  const { sha256, verify } = onNand
    ? await writeListOnNand(agent, step.record)
    : await writeCopies(agent, step, (bytes) => writing.reach(bytes));
  writing.done();
  const writtenAt = performance.now();
  const verifying = new PhaseProgress(emit, 'verify', step.partition, step.bytes);
  await verify();
  verifying.done();
  return {
    name: step.partition,
    bytes: step.bytes,
    sha256,
    verifiedBy: 'readback-sha256',
    seconds: (writtenAt - started) / 1000,
    verifySeconds: (performance.now() - writtenAt) / 1000,
  };
}

interface Written {
  sha256: string;
  verify: () => Promise<void>;
}

interface TableCopy {
  name: string;
  start: number;
  bytes: Uint8Array;
}

/** The copy that does not count while the other is whole comes first: the phone always has one. */
async function writeCopies(agent: Agent, step: WriteTableStep, onBytes: (bytes: number) => void): Promise<Written> {
  const copies = copiesOf(agent, step);
  const extentOf = ({ start, bytes }: TableCopy): Extent => ({ region: step.region, start, length: bytes.length });
  let done = 0;
  for (const copy of copies) {
    const { name, bytes } = copy;
    if (agent.writeTableCopy && (name === 'PGPT' || name === 'SGPT')) {
      await agent.writeTableCopy(name, extentOf(copy), bytes);
    } else await agent.write(extentOf(copy), once(bytes));
    done += bytes.length;
    onBytes(done);
  }
  return {
    sha256: await sha256Hex(concat(...copies.map(({ bytes }) => bytes).reverse())),
    verify: async () => {
      for (const copy of copies) {
        const [seen, sent] = [await hashOf(agent, extentOf(copy)), await sha256Hex(copy.bytes)];
        if (seen !== sent) throw notThere(`${copy.name}: SHA-256 sent ${sent}, read back ${seen}`);
      }
    },
  };
}

function copiesOf(agent: Agent, step: WriteTableStep): TableCopy[] {
  if (step.table === 'gpt') {
    const guid = diskGuid(agent.storage.id);
    const gpt = buildGpt(step.partitions, step.regionSize, step.sectorSize, guid, step.identity);
    return [
      { name: 'SGPT', start: gpt.backupStart, bytes: gpt.backup },
      { name: 'PGPT', start: 0, bytes: gpt.primary },
    ];
  }
  const { main, mirror } = buildPmt(step.record, step.regionSize);
  return [
    { name: 'PMT mirror', ...mirror },
    { name: 'PMT', ...main },
  ];
}

/** The agent writes both copies, around bad blocks and with marks that only it can write; what it then lists is compared. */
async function writeListOnNand(agent: Agent, { entries }: PmtRecord): Promise<Written> {
  if (!agent.writePartitionList) {
    throw new UnbrickError({
      code: 'TABLE_NOT_WRITABLE',
      stage: 'write',
      message: 'This agent has no command to write the partition table of a NAND.',
      next: ['Use the Download Agent that comes with the firmware of this phone: --da FILE'],
    });
  }
  const before = await tableOf(agent);
  await agent.writePartitionList(entries, before !== undefined);
  const sha256 = await hashOfList(entries);
  return {
    sha256,
    verify: async () => {
      const seen = await hashOfList((await tableOf(agent))?.record?.entries ?? []);
      if (seen !== sha256) throw notThere(`SHA-256 of the list sent ${sha256}, of the list read back ${seen}`);
    },
  };
}

/** Without what not every form of the list has room for. */
function hashOfList(entries: readonly PmtEntry[]): Promise<string> {
  return sha256Hex(
    concat(
      ...buildPmtEntries(
        entries.map(({ partId: _, ...entry }) => entry),
        '64-bit',
      ),
    ),
  );
}

/** A number for this storage that is the same each time the plan is made: version 4 in form. */
function diskGuid(storageId: Uint8Array): Uint8Array {
  const guid = new Uint8Array(16);
  guid.set(storageId.subarray(0, 16));
  guid[7] = ((guid[7] as number) & 0x0f) | 0x40;
  guid[8] = ((guid[8] as number) & 0x3f) | 0x80;
  return guid;
}

async function hashOf(agent: Agent, extent: Extent): Promise<string> {
  const hash = await Sha256Stream.create();
  for await (const piece of agent.read(extent)) hash.update(piece);
  return hash.digestHex();
}

function notThere(evidence: string): UnbrickError {
  return new UnbrickError({
    code: 'VERIFY_FAILED',
    stage: 'verify',
    message: 'The phone does not hold the partition table that was written.',
    evidence: [evidence],
    next: [
      'Repeat the job: a bad cable or port can spoil data. Use another cable and a port at the computer itself.',
      'If it fails again, the phone’s memory chip is worn out.',
    ],
  });
}
