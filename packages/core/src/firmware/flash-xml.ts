import { readXml, type XmlElement, XmlError } from '../xml/index.js';
import { type FileLookup, folderOf, nameOf } from './file-lookup.js';

/** The entry file of a package for SP Flash Tool 6. See docs/protocol/scatter.md, "XML form". */
export interface FlashXml {
  /** Path of the entry file. */
  path: string;
  /** Path of the scatter file that it names; undefined when that is not there. */
  scatter?: string;
  /** The scatter file as written, when it names one. */
  wants?: string;
  /** Other files of the package that it names: Download Agents, authentication files. */
  files: string[];
}

/** Largest real ones have some KiB. */
export const FLASH_XML_LIMIT = 1 << 20;

export function isFlashXml(path: string): boolean {
  return /^flash\.xml$/i.test(nameOf(path));
}

/** Undefined when it is no XML. Paths in it are relative to the folder it lies in. */
export function parseFlashXml(path: string, bytes: Uint8Array, lookup: FileLookup): FlashXml | undefined {
  let root: XmlElement;
  try {
    root = readXml(bytes, { length: FLASH_XML_LIMIT });
  } catch (cause) {
    if (cause instanceof XmlError) return undefined;
    throw cause;
  }
  const home = folderOf(path);
  const files: string[] = [];
  let wants: string | undefined;
  const walk = (element: XmlElement) => {
    const text = element.text.trim();
    if (element.name.toLowerCase() === 'scatter') wants ??= text || undefined;
    else if (/\.(bin|auth|cert)$/i.test(text)) {
      const found = lookup.resolve(home, text);
      if (found !== undefined) files.push(found);
    }
    element.children.forEach(walk);
  };
  walk(root);
  const scatter = wants === undefined ? undefined : lookup.resolve(home, wants);
  return { path, ...(scatter === undefined ? {} : { scatter }), ...(wants === undefined ? {} : { wants }), files };
}
