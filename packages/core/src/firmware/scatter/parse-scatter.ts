import { UnbrickError } from '../../errors/unbrick-error.js';
import type { StorageKind } from '../../storage/storage.js';
import { arrangeLayout } from './arrange-layout.js';
import { readBraceScatter } from './brace-scatter.js';
import {
  checksOf,
  platformOf,
  skipsTable,
  tellGeneralContradictions,
  tellUnknownKeys,
  versionOf,
} from './general-keys.js';
import { readPartition } from './read-partition.js';
import type { ScatterFile, ScatterLayout } from './scatter.js';
import { readOutline, type ScatterOutline, type ScatterSection } from './scatter-blocks.js';
import { scatterText, unreadable } from './scatter-form.js';
import { ScatterProblems } from './scatter-problems.js';
import { bytesOf, USUAL_BLOCK_SIZE } from './scatter-values.js';
import { storageOfSection } from './section-storage.js';
import { readXmlOutline } from './xml-outline.js';

/**
 * Reads a scatter file of any generation: the oldest form with braces, YAML-like V1.x with one storage and V2.1 with several,
 * XML V1.x and V2.2. See docs/protocol/scatter.md.
 * @throws UnbrickError `SCATTER_UNSUPPORTED` for storage this program does not know; `SCATTER_UNREADABLE` for files that are
 *   no scatter file. Never anything else.
 */
export function parseScatter(fileName: string, bytes: Uint8Array): ScatterFile {
  const problems = new ScatterProblems();
  const { form, text } = scatterText(fileName, bytes);
  if (form === 'brace') {
    const scatter = readBraceScatter(fileName, text, problems);
    if (scatter.layouts.length === 0) throw withoutLayout(fileName, [], problems);
    return scatter;
  }
  const outline = form === 'xml' ? readXmlOutline(fileName, bytes, problems) : readOutline(text, problems);
  return readOutlined(fileName, form, outline, problems);
}

/** What the forms with keys and values have in common, once they are divided into blocks. */
function readOutlined(
  fileName: string,
  form: ScatterFile['form'],
  outline: ScatterOutline,
  problems: ScatterProblems,
): ScatterFile {
  tellUnknownKeys(outline, problems);

  const version = versionOf(outline, problems);
  tellGeneralContradictions(outline, problems);
  const layouts: ScatterLayout[] = [];
  const strange: string[] = [];
  for (const section of outline.sections) {
    if (section.partitions.length === 0) continue;
    const storage = storageOfSection(section, outline, fileName, problems);
    if (storage === 'nor' || storage === 'none') {
      strange.push(storage.toUpperCase());
      problems.warn(
        section.general.line,
        'SCATTER_STORAGE_UNSUPPORTED',
        `The partitions for ${storage.toUpperCase()} storage are left out.`,
      );
      continue;
    }
    const layout = readLayout(section, storage, outline, problems);
    if (layouts.some((other) => other.storage === storage)) {
      problems.tell(
        section.general.line,
        true,
        'SCATTER_STORAGE_REPEATED',
        `The file has two lists of partitions for ${storage.toUpperCase()} storage. The first is used.`,
      );
    } else if (layout.partitions.length > 0) {
      layouts.push(layout);
    }
  }
  if (layouts.length === 0) throw withoutLayout(fileName, strange, problems);

  const skipTable = skipsTable(outline, problems);
  const checks = checksOf(outline);
  return {
    fileName,
    form,
    version,
    platform: platformOf(outline, fileName, problems),
    project: outline.general.value('project') ?? '',
    ...(skipTable === undefined ? {} : { skipTable }),
    ...(Object.keys(checks).length === 0 ? {} : { checks }),
    layouts,
    problems: problems.list(),
  };
}

function readLayout(
  section: ScatterSection,
  storage: StorageKind,
  outline: ScatterOutline,
  problems: ScatterProblems,
): ScatterLayout {
  tellRepeatedIndexes(section, problems);
  const raw = section.partitions.map((block, index) => ({
    partition: readPartition(block, index, storage, problems),
    content: block.content,
  }));
  const entry = section.general.entry('block_size') ?? outline.general.entry('block_size');
  const blockSize = entry && bytesOf(entry.value);
  if (!blockSize) {
    const usual = `0x${USUAL_BLOCK_SIZE[storage].toString(16)}`;
    problems.warn(
      entry?.line ?? section.general.line,
      'SCATTER_BLOCK_SIZE_GUESSED',
      `The file gives no usable block_size; ${usual} is taken, which is usual for ${storage.toUpperCase()}.`,
    );
  }
  const bootChannel = section.general.value('boot_channel') ?? outline.general.value('boot_channel');
  return {
    storage,
    blockSize: blockSize || USUAL_BLOCK_SIZE[storage],
    ...(bootChannel === undefined ? {} : { bootChannel }),
    partitions: arrangeLayout(raw, storage, problems),
  };
}

/** The index says nothing but the order of display; two of one kind show that the file was put together by hand. */
function tellRepeatedIndexes(section: ScatterSection, problems: ScatterProblems): void {
  const seen = new Map<string, ScatterSection['general']>();
  for (const block of section.partitions) {
    const index = block.value('partition_index')?.toUpperCase();
    if (index === undefined) continue;
    const before = seen.get(index);
    if (!before) {
      seen.set(index, block);
    } else if (before.value('partition_name')?.toLowerCase() !== block.value('partition_name')?.toLowerCase()) {
      const message = `The index ${index.slice(0, 40)} stands twice: for ${before.value('partition_name') ?? 'a partition without name'} (line ${before.line}) too.`;
      problems.warn(block.line, 'SCATTER_INDEX_REPEATED', message);
    }
  }
}

function withoutLayout(fileName: string, strange: readonly string[], problems: ScatterProblems): UnbrickError {
  if (strange.length === 0) {
    const seen = problems.list().slice(0, 4);
    return unreadable(
      fileName,
      'describes no partition that this program could use',
      seen.map((problem) => `line ${problem.line}: ${problem.message}`),
    );
  }
  return new UnbrickError({
    code: 'SCATTER_UNSUPPORTED',
    stage: 'firmware',
    message: `${fileName} is for phones with ${strange.join(' and ')} storage, which this program cannot flash.`,
    evidence: [`storage: ${strange.join(', ')}`],
    next: ['Use SP Flash Tool for this firmware.'],
  });
}
