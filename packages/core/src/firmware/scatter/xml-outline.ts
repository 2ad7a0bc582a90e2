import type { UnbrickError } from '../../errors/unbrick-error.js';
import { readXml, type XmlElement, XmlError } from '../../xml/index.js';
import { ScatterBlock, type ScatterOutline, type ScatterSection } from './scatter-blocks.js';
import { decodeScatter, unreadable } from './scatter-form.js';
import type { ScatterProblems } from './scatter-problems.js';

/**
 * Divides a scatter file in XML form into the same blocks as one in text form: one element a key, the names of blocks as
 * attributes. V1 has the partitions directly below the root, V2 in one `storage_type` for each storage. See
 * docs/protocol/scatter.md, "XML form".
 * @throws UnbrickError `SCATTER_UNREADABLE` when it is no well-formed XML
 */
export function readXmlOutline(fileName: string, bytes: Uint8Array, problems: ScatterProblems): ScatterOutline {
  const root = readRoot(fileName, bytes, problems);
  const outline: ScatterOutline = { general: new ScatterBlock(root.line), sections: [] };
  const bare: ScatterSection = { general: outline.general, partitions: [] };
  for (const element of root.children) {
    switch (nameOf(element)) {
      case 'general':
        addKeys(element, outline.general, problems);
        break;
      case 'storage_type':
        outline.sections.push(readSection(element, problems));
        break;
      case 'partition_index':
        bare.partitions.push(readPartitionBlock(element, problems));
        break;
      default:
        addKey(element, outline.general, problems);
    }
  }
  if (bare.partitions.length > 0) outline.sections.unshift(bare);
  return outline;
}

function readRoot(fileName: string, bytes: Uint8Array, problems: ScatterProblems): XmlElement {
  try {
    return readXml(bytes);
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    const root = readTolerant(bytes);
    if (!root) throw malformed(fileName, cause);
    problems.warn(cause.line, 'SCATTER_ENCODING', `The file is not in the encoding it claims: ${cause.reason}.`);
    return root;
  }
}

/** Once more with every wrong byte replaced: comments in older encodings are no reason to refuse a file. */
function readTolerant(bytes: Uint8Array): XmlElement | undefined {
  try {
    return readXml(decodeScatter(bytes));
  } catch (cause) {
    if (cause instanceof XmlError) return undefined;
    throw cause;
  }
}

function readSection(element: XmlElement, problems: ScatterProblems): ScatterSection {
  const storageType = element.attributes.get('name')?.trim();
  const section: ScatterSection = { general: new ScatterBlock(element.line), partitions: [] };
  if (storageType) section.storageType = storageType;
  for (const child of element.children) {
    const name = nameOf(child);
    if (name === 'partition_index') section.partitions.push(readPartitionBlock(child, problems));
    else if (name === 'general') addKeys(child, section.general, problems);
    else addKey(child, section.general, problems);
  }
  return section;
}

/** Keys of a general block; `config_version` and `storage` hold further keys and have their own value in the name. */
function addKeys(element: XmlElement, block: ScatterBlock, problems: ScatterProblems): void {
  for (const child of element.children) {
    if (child.children.length === 0 && !child.attributes.has('name')) {
      addKey(child, block, problems);
      continue;
    }
    block.add(nameOf(child), textOf(child.attributes.get('name') ?? '', child, problems), child.line);
    addKeys(child, block, problems);
  }
}

function readPartitionBlock(element: XmlElement, problems: ScatterProblems): ScatterBlock {
  const block = new ScatterBlock(element.line);
  const index = element.attributes.get('name');
  if (index !== undefined) block.add('partition_index', index.trim(), element.line);
  for (const child of element.children) addKey(child, block, problems);
  return block;
}

function addKey(element: XmlElement, block: ScatterBlock, problems: ScatterProblems): void {
  if (element.children.length > 0) {
    const message = `<${element.name.slice(0, 40)}> holds further elements where a value belongs; it has no effect.`;
    problems.warn(element.line, 'SCATTER_LINE_UNREADABLE', message);
    return;
  }
  block.add(nameOf(element), textOf(element.text, element, problems), element.line);
}

function textOf(text: string, element: XmlElement, problems: ScatterProblems): string {
  const value = text.trim();
  if (value.includes('\ufffd')) {
    const message = `The value of <${element.name.slice(0, 40)}> holds characters that cannot be read.`;
    problems.warn(element.line, 'SCATTER_ENCODING', message);
  }
  return value;
}

function nameOf(element: XmlElement): string {
  return element.name.toLowerCase();
}

function malformed(fileName: string, cause: XmlError): UnbrickError {
  return unreadable(fileName, 'is a scatter file in XML form, but damaged: it is no valid XML', [cause.message]);
}
