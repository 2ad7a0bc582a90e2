import {
  contentOf,
  findPartitionTable,
  inspectFile,
  inspectFirmware,
  isZip,
  judgeContent,
  MemoryFolder,
  MemorySource,
  openFirmware,
  openImage,
  openZipFolder,
  parseAgentFile,
  parsePreloader,
  parseScatter,
  type ScatterFile,
  UnbrickError,
} from '@unbrick/core';
import { crc32 } from '@unbrick/core/wire';
import { parseChecksumIni } from '../../packages/core/src/firmware/checksums/checksum-ini.js';
import { parseChecksumXml } from '../../packages/core/src/firmware/checksums/checksum-xml.js';
import { parseDigestList } from '../../packages/core/src/firmware/checksums/digest-list.js';
import { parseEmiTable } from '../../packages/core/src/firmware/emi-parse.js';
import { readXml, type XmlElement, XmlError } from '../../packages/core/src/xml/index.js';
import * as seeds from './seeds.js';

/** One parser of the house with good input for it. */
export interface Target {
  name: string;
  seeds: readonly Uint8Array[];
  /** Puts checksums right again after the damage, so that it is not refused at the door. */
  repair?: (bytes: Uint8Array) => void;
  /**
   * Reads the input. Throws an error of {@link expected} for what it refuses; anything else that it throws is a fault. What it
   * takes, it must have understood: it throws {@link Misread} otherwise.
   */
  run(bytes: Uint8Array): Promise<void> | void;
}

/** The input was taken, and the result cannot be true. */
export class Misread extends Error {}

/** Errors by which a parser refuses its input. */
export function expected(cause: unknown): boolean {
  return (cause instanceof UnbrickError && cause.code !== 'INTERNAL') || cause instanceof XmlError;
}

const FILE = 'MT6735_Android_scatter.txt';

function scatterTarget(name: string, fileName: string, ...texts: Uint8Array[]): Target {
  return { name, seeds: texts, run: (bytes) => checkScatter(parseScatter(fileName, bytes), bytes) };
}

/** Every number is one, lies where it can lie, and stands in the file or is told to be worked out. */
function checkScatter(scatter: ScatterFile, bytes: Uint8Array): void {
  const written = numbersIn(bytes);
  const workedOut =
    scatter.form === 'brace' || scatter.problems.some((each) => each.code === 'SCATTER_ADDRESS_RECOMPUTED');
  if (scatter.layouts.length === 0) throw new Misread('no layout');
  for (const { line } of scatter.problems) if (!(line >= 1)) throw new Misread('a problem without a line');
  for (const layout of scatter.layouts) {
    if (!(layout.blockSize > 0)) throw new Misread('a block size of 0');
    for (const each of layout.partitions) {
      const { start, size, line, name } = each;
      if (![start, size, line].every((value) => Number.isSafeInteger(value) && value >= 0)) throw new Misread(name);
      if (each.endRelativeBlocks === undefined && start >= 0xffff0000 && start <= 0xffffffff && !workedOut) {
        throw new Misread(`${name} takes an address from the end for a place`);
      }
      if (!workedOut && !(written.has(start) && written.has(size)) && start + size > 0) {
        const told = scatter.problems.some((problem) => problem.line >= line);
        if (!told) throw new Misread(`${name}: ${start} or ${size} stands nowhere in the file`);
      }
    }
  }
}

function numbersIn(bytes: Uint8Array): Set<number> {
  const text = new TextDecoder('latin1').decode(bytes).replaceAll('\0', '');
  return new Set([...text.matchAll(/0x([0-9a-f]+)/gi)].map((match) => Number.parseInt(match[1] as string, 16)));
}

async function readZip(bytes: Uint8Array): Promise<void> {
  if (!isZip(bytes)) return;
  const folder = await openZipFolder(new MemorySource('x.zip', bytes));
  for (const path of await folder.list()) {
    if (path.startsWith('/') || path.split('/').includes('..')) throw new Misread(`the unsafe name ${path}`);
    try {
      const source = await folder.open(path);
      if (source.size > 16 << 20) continue;
      const content = await source.read(0, source.size);
      if (content.length !== source.size) throw new Misread(`${path} has another size than it says`);
      if (source.sequential && crc32(content) !== source.crc32)
        throw new Misread(`${path} was taken with a wrong checksum`);
    } catch (cause) {
      if (!expected(cause)) throw cause;
    }
  }
}

async function readSparse(bytes: Uint8Array): Promise<void> {
  const image = await openImage(new MemorySource('x.img', bytes));
  let end = 0;
  let total = 0;
  for (const run of image.runs) {
    if (run.start < end) throw new Misread('runs that overlap');
    end = run.start + run.length;
    // An image of zeros can claim terabytes in a few bytes: its length is checked, not its content.
    if (run.length > 4 << 20) continue;
    let got = 0;
    for await (const piece of image.read(run)) got += piece.length;
    if (got !== run.length) throw new Misread(`a run of ${run.length} bytes gave ${got}`);
    total += got;
  }
  if (end > image.expandedSize || total > image.dataBytes) throw new Misread('more than the image can hold');
}

function tableTarget(
  name: string,
  sectorSize: number,
  disks: readonly Uint8Array[],
  repair?: Target['repair'],
): Target {
  return {
    name,
    seeds: disks,
    ...(repair ? { repair } : {}),
    run: async (bytes) => {
      const size = seeds.DISK_BYTES;
      const disk = new Uint8Array(size);
      disk.set(bytes.subarray(0, size));
      const read = (offset: number, length: number) => {
        if (offset < 0 || length < 0 || length > 1 << 20) throw new Misread(`a read of ${length} bytes at ${offset}`);
        return Promise.resolve(disk.slice(offset, offset + length));
      };
      const { table } = await findPartitionTable(read, size, sectorSize);
      for (const { name: partition, start, length } of table.partitions) {
        if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0) {
          throw new Misread(`${partition} at ${start}`);
        }
      }
    },
  };
}

export const TARGETS: readonly Target[] = [
  scatterTarget(
    'scatter-text',
    FILE,
    seeds.text(seeds.gptScatter()),
    seeds.text(seeds.multiScatter()),
    seeds.text(seeds.linearScatter()),
  ),
  scatterTarget('scatter-xml', 'MT6789_Android_scatter.xml', seeds.text(seeds.xmlScatter())),
  scatterTarget(
    'scatter-brace',
    'MT6577_Android_scatter_emmc.txt',
    seeds.text(seeds.BRACE_EMMC),
    seeds.text(seeds.BRACE_NAND),
  ),
  { name: 'zip', seeds: [seeds.zip()], run: readZip },
  {
    name: 'preloader',
    seeds: await seeds.preloaders(),
    run: (bytes) => {
      const preloader = parsePreloader('preloader.bin', bytes);
      if (preloader.file.length > bytes.length || preloader.signatureLength > preloader.file.length) {
        throw new Misread('a preloader larger than its file');
      }
    },
  },
  {
    name: 'emi-table',
    seeds: await seeds.emiTables(),
    run: (bytes) => {
      const { table } = parseEmiTable(bytes, false);
      for (const entry of table.entries) {
        if (entry.bytes.length !== table.itemSize || entry.id.length > 16 || entry.ramSize < 0)
          throw new Misread('an entry');
      }
    },
  },
  {
    name: 'agent-file',
    seeds: await seeds.agentFiles(),
    run: (bytes) => {
      for (const { regions } of parseAgentFile('DA.bin', bytes).entries) {
        for (const { offset, length, signatureLength } of regions) {
          if (offset + length > bytes.length || signatureLength > length)
            throw new Misread('a region outside the file');
        }
      }
    },
  },
  { name: 'sparse', seeds: seeds.sparseImages(), run: readSparse },
  tableTarget('gpt', 512, [seeds.gptDisk(512)], seeds.repairGpt),
  tableTarget('gpt-4096', 4096, [seeds.gptDisk(4096)]),
  tableTarget('pmt', 512, seeds.pmtDisks()),
  tableTarget('mbr', 512, [seeds.mbrDisk()]),
  {
    name: 'xml',
    seeds: [
      seeds.text(seeds.xmlScatter()),
      seeds.text('<?xml version="1.0"?><a b="c &lt;"><!-- d --><e>f&#65;</e><![CDATA[<g>]]></a>'),
    ],
    run: (bytes) => {
      const check = (element: XmlElement, line: number) => {
        if (element.name === '' || element.line < line) throw new Misread('an element without a name or place');
        for (const child of element.children) check(child, element.line);
      };
      check(readXml(bytes), 1);
    },
  },
  {
    name: 'checksums',
    seeds: [seeds.text(seeds.CHECKSUM_INI), seeds.text(seeds.CHECKSUM_XML), seeds.text(seeds.MD5_LIST)],
    run: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      const same = (name: string) => name;
      const lists = [
        parseChecksumIni('a', text, same),
        parseChecksumXml('b', bytes, same),
        parseDigestList('c', text, same),
      ];
      for (const { checksums } of lists) {
        for (const { value } of checksums) if (!/^[0-9a-f]+$/.test(value)) throw new Misread(`the checksum '${value}'`);
      }
    },
  },
  {
    name: 'content',
    seeds: seeds.images(),
    run: async (bytes) => {
      const content = contentOf(bytes.subarray(0, 8192));
      if (content.claims !== undefined && !(content.claims >= 0)) throw new Misread(`a claim of ${content.claims}`);
      judgeContent('boot', 'x', content);
      await inspectFile(new MemorySource('x.img', bytes));
    },
  },
  {
    name: 'firmware',
    seeds: [seeds.text(seeds.gptScatter()), seeds.text(seeds.xmlScatter())],
    run: async (bytes) => {
      const name = bytes[0] === 0x3c ? 'MT6735_Android_scatter.xml' : FILE;
      const images = seeds.images();
      const files = {
        [name]: bytes,
        'boot.img': images[0] as Uint8Array,
        'lk.bin': bytes,
        'flash.xml': bytes,
        'Checksum.ini': bytes,
      };
      const inspection = await inspectFirmware(await openFirmware(new MemoryFolder('rom', files)));
      JSON.stringify(inspection);
    },
  },
];
