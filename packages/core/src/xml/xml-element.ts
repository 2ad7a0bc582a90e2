/** One element of a document that was read. */
export interface XmlElement {
  /** As written, prefix included: namespaces mean nothing here. */
  name: string;
  attributes: ReadonlyMap<string, string>;
  children: readonly XmlElement[];
  /** All character data directly inside, entities resolved, joined, not trimmed. */
  text: string;
  /** Line of the opening tag, from 1. */
  line: number;
}

/** The first child of that name. */
export function xmlChild(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((each) => each.name === name);
}

/** The element that a path of child names leads to: `xmlPath(root, 'arg', 'partition')`. */
export function xmlPath(root: XmlElement, ...names: string[]): XmlElement | undefined {
  return names.reduce<XmlElement | undefined>(xmlChild, root);
}

/** Text of the element at the end of the path, without white space around it; `undefined` when there is none. */
export function xmlText(root: XmlElement, ...names: string[]): string | undefined {
  return xmlPath(root, ...names)?.text.trim();
}
