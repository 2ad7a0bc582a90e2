import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeXml, readXml, writeXml, type XmlElement, XmlError, type XmlOutput } from './index.js';

const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>';

test('one line, and one line an element', () => {
  const root: XmlOutput = {
    name: 'da',
    content: [
      { name: 'version', content: '1.0' },
      { name: 'arg', content: [{ name: 'pt', attributes: { name: 'a"b' }, content: '<&>' }] },
      { name: 'adv', content: [] },
    ],
  };
  expect(writeXml(root)).toBe(
    `${DECLARATION}<da><version>1.0</version><arg><pt name="a&quot;b">&lt;&amp;&gt;</pt></arg><adv></adv></da>`,
  );
  expect(writeXml(root, { indent: 4 })).toBe(
    `${DECLARATION}\n<da>\n    <version>1.0</version>\n    <arg>\n        <pt name="a&quot;b">&lt;&amp;&gt;</pt>\n` +
      '    </arg>\n    <adv>\n    </adv>\n</da>\n',
  );
});

test('what XML cannot hold is refused', () => {
  expect(() => escapeXml('a\0')).toThrow(XmlError);
  expect(() => writeXml({ name: 'a', attributes: { b: '\ud800' } })).toThrow(XmlError);
  for (const name of ['', '1', 'a b', 'a>', 'a"']) {
    expect(() => writeXml({ name }), name).toThrow(XmlError);
    expect(() => writeXml({ name: 'a', attributes: { [name]: '' } }), name).toThrow(XmlError);
  }
});

const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no control characters
  .map((value) => value.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ''));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/);
const tree = fc.letrec<{ node: XmlOutput }>((self) => ({
  node: fc.record({
    name,
    attributes: fc.dictionary(name, text, { maxKeys: 3 }).map((pairs) => ({ ...pairs })),
    content: fc.oneof({ depthSize: 'small' }, text, fc.array(self('node'), { maxLength: 3 })),
  }),
})).node;

function expectSame(read: XmlElement, written: XmlOutput): void {
  expect(read.name).toBe(written.name);
  expect([...read.attributes]).toEqual(Object.entries(written.attributes ?? {}));
  const { content } = written;
  if (typeof content === 'string') {
    expect(read.text).toBe(content);
  } else {
    expect(read.children.length).toBe(content?.length);
    expect(read.text.trim()).toBe('');
    read.children.forEach((child, i) => {
      expectSame(child, content?.[i] as XmlOutput);
    });
  }
}

test('what is written is read back the same, in both forms, from text and from bytes', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 0, 2, 4), fc.boolean(), (root, indent, asBytes) => {
      const document = writeXml(root, indent === undefined ? {} : { indent });
      expectSame(readXml(asBytes ? new TextEncoder().encode(document) : document), root);
    }),
  );
});
