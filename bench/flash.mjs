// Flash benchmark: the host side in this process, a virtual phone in another one, over TCP, unpaced.
//
//     npm run build && node bench/flash.mjs [--profile mt6765-emmc] [--mib 1024] [--sparse]
//
// Prints the speed of writing and of verifying, CPU seconds a GiB on the host side, and the peak resident memory.
// Numbers of one machine say little: compare paired runs of two versions on the same machine.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flash } from '@unbrick/core';
import { SPARSE_MAGIC, SparseChunkHeader, SparseChunkType, SparseHeader } from '@unbrick/core/wire';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { openFirmwarePath, openPortSource } from 'unbrick';

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'mt6765-emmc' },
    mib: { type: 'string', default: '1024' },
    sparse: { type: 'boolean', default: false },
  },
});
const mib = Number(values.mib);
const work = mkdtempSync(join(tmpdir(), 'unbrick-bench-'));
const profile = await loadProfile(values.profile);
const target = largestPartition(profile);
const folder = join(work, 'firmware');
await writePracticeFirmware(profile, folder);
writeImage(join(folder, target.fileName), mib, values.sparse);

const phone = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('../packages/cli/bin/unbrick.js', import.meta.url)),
    ...['phone', '--tcp', '127.0.0.1:0', '--profile', values.profile, '--state', join(work, 'state')],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const port = await new Promise((resolve) => {
    createInterface({ input: phone.stdout }).on('line', (line) => {
      const address = /(tcp:[\d.]+:\d+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
  });
  const seconds = { write: 0, verify: 0 };
  let phaseStart = 0;
  const cpuBefore = process.cpuUsage();
  const { outcome, report } = await flash({
    firmware: await openFirmwarePath(folder),
    source: await openPortSource(port, { onNote: () => {} }),
    selection: { only: [target.name] },
    emit: (event) => {
      if (event.type === 'error') console.error(event.message, event.evidence);
      if (event.type !== 'progress' || !(event.phase in seconds)) return;
      if (event.bytes === 0) phaseStart = performance.now();
      if (event.bytes === event.total) seconds[event.phase] = (performance.now() - phaseStart) / 1000;
    },
  });
  if (outcome !== 'done') throw new Error(`the job ended as '${outcome}'`);
  const cpu = process.cpuUsage(cpuBefore);
  const bytes = report.partitions[0].bytes;
  const rate = (time) => `${(bytes / 1e6 / time).toFixed(0)} MB/s`;
  console.log(`${values.profile}, ${mib} MiB ${values.sparse ? 'sparse' : 'raw'} to ${target.name}`);
  console.log(`  write            ${rate(seconds.write)}`);
  console.log(`  verify           ${rate(seconds.verify)}`);
  console.log(
    `  host CPU         ${((cpu.user + cpu.system) / 1e6 / (bytes / 2 ** 30)).toFixed(1)} s a GiB, written and verified`,
  );
  console.log(`  host peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
} finally {
  phone.kill('SIGINT');
  rmSync(work, { recursive: true, force: true });
}

function largestPartition({ partitions, storage }) {
  const sizes = partitions
    .filter((each) => each.fileName && each.operation !== 'BOOTLOADERS')
    .map((each) => ({ ...each, size: each.size || storage.regions.user - each.start }));
  return sizes.sort((a, b) => b.size - a.size)[0];
}

function writeImage(path, sizeMib, sparse) {
  const file = openSync(path, 'w');
  const block = new Uint32Array(1 << 18);
  if (sparse) {
    writeSync(
      file,
      SparseHeader.build({
        magic: SPARSE_MAGIC,
        majorVersion: 1,
        minorVersion: 0,
        fileHeaderSize: SparseHeader.size,
        chunkHeaderSize: SparseChunkHeader.size,
        blockSize: 4096,
        totalBlocks: sizeMib * 256,
        totalChunks: sizeMib,
        imageChecksum: 0,
      }),
    );
  }
  for (let i = 0; i < sizeMib; i++) {
    for (let word = 0; word < block.length; word++) block[word] = Math.imul(word ^ (i << 18), 0x9e3779b1);
    if (sparse) {
      const totalSize = SparseChunkHeader.size + block.byteLength;
      writeSync(file, SparseChunkHeader.build({ type: SparseChunkType.RAW, reserved: 0, blocks: 256, totalSize }));
    }
    writeSync(file, new Uint8Array(block.buffer));
  }
}
