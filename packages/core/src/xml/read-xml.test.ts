import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readXml, type XmlElement, XmlError, xmlPath, xmlText } from './index.js';

/** The error that reading throws; anything but XmlError fails the test. */
function refusal(source: string | Uint8Array, limits = {}): XmlError {
  try {
    readXml(source, limits);
  } catch (error) {
    if (error instanceof XmlError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('what is read', () => {
  test('elements, attributes, text and lines', () => {
    const root = readXml(
      '<?xml version="1.0" encoding="utf-8"?>\r\n<!-- a -- b -->\r\n<scatter version="1.0"\n\tname=\'x\'>\n' +
        '  <pt index="0"><size>0x1000</size></pt>\n  <pt/>\n</scatter>\n<!-- end -->\n',
    );
    expect(root.name).toBe('scatter');
    expect([...root.attributes]).toEqual([
      ['version', '1.0'],
      ['name', 'x'],
    ]);
    expect(root.children.map(({ name, line }) => [name, line])).toEqual([
      ['pt', 5],
      ['pt', 6],
    ]);
    expect(root.line).toBe(3);
    expect(xmlText(root, 'pt', 'size')).toBe('0x1000');
    expect(xmlPath(root, 'pt', 'nothing', 'below')).toBeUndefined();
    expect(xmlText(root, 'nothing')).toBeUndefined();
  });

  test('the five entities, numeric references, CDATA and line ends', () => {
    const root = readXml('<a t="&lt;&quot;&#10;\n&#x1F600;">x&amp;y<b/> &#65;\r\n<![CDATA[<&amp;]]>\rz</a>');
    expect(root.attributes.get('t')).toBe('<"\n \u{1f600}');
    expect(root.text).toBe('x&y A\n<&amp;\nz');
    expect(root.children).toHaveLength(1);
  });

  test('bytes in the encodings that firmware files have', () => {
    expect(readXml(bytes('\ufeff<a>ü</a>')).text).toBe('ü');
    expect(readXml(bytes('<a>x</a>\0\0')).text).toBe('x');
    const utf16 = new Uint8Array(2 + 2 * 8);
    utf16.set([0xff, 0xfe]);
    [...'<a>é</a>'].forEach((character, i) => {
      new DataView(utf16.buffer).setUint16(2 + 2 * i, character.charCodeAt(0), true);
    });
    expect(readXml(utf16).text).toBe('é');
    const latin = Uint8Array.from("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", (c) => c.charCodeAt(0));
    expect(readXml(latin).text).toBe('é');
    const chinese = [...bytes('<?xml version="1.0" encoding="GB2312"?><a>'), 0xd6, 0xd0, ...bytes('</a>')];
    expect(readXml(Uint8Array.from(chinese)).text).toBe('中');
    const cut = Uint8Array.from([...bytes('<a>\n'), 0xe9, ...bytes('</a>')]);
    expect(refusal(cut)).toMatchObject({ line: 2, reason: 'bytes that are not UTF-8 text' });
    expect(refusal(bytes('<?xml version="1.0" encoding="EBCDIC"?><a/>')).reason).toContain('EBCDIC');
  });
});

describe('what is refused', () => {
  test.each([
    ['', 1, 'there is no element'],
    ['  \n ', 2, 'there is no element'],
    ['text', 1, 'text outside'],
    ['<a/>\ntext', 2, 'text outside'],
    ['<a/><b/>', 1, 'a second element'],
    ['<a>\n<b>\n</a>', 3, '</a> where <b> of line 2 is open'],
    ['<a>\n<b>', 2, 'ends inside <b> of line 2'],
    ['</a>', 1, 'closes nothing'],
    ['<a', 1, 'not closed'],
    ['<a></a', 1, 'not closed'],
    ['<a b></a>', 1, 'has no value'],
    ['<a b=c/>', 1, 'not quoted'],
    ['<a b="c/>', 1, 'does not end'],
    ['<a b="1" b="2"/>', 1, 'twice'],
    ['<a b="1"c="2"/>', 1, 'not closed'],
    ['<a b="<"/>', 1, '"<"'],
    ['<a><1/></a>', 1, 'name'],
    ['< a/>', 1, 'name'],
    ['<a>]]></a>', 1, ']]>'],
    ['<a><!-- </a>', 1, 'a comment does not end'],
    ['<a><![CDATA[ </a>', 1, 'CDATA section does not end'],
    ['<![CDATA[x]]><a/>', 1, 'CDATA outside'],
    ['<?xml <a/>', 1, 'instruction does not end'],
    ['<a>\n\u0001</a>', 2, 'U+0001'],
    ['<a>\ud800</a>', 1, 'U+D800'],
    ['<a>\0</a>', 1, 'U+0000'],
    ['<a>&</a>', 1, 'reference'],
    ['<a>\n&nbsp;</a>', 2, '"&nbsp;"'],
    ['<a>&toString;</a>', 1, 'reference'],
    ['<a>&#0;</a>', 1, 'reference'],
    ['<a>&#xD800;</a>', 1, 'reference'],
    ['<a>&#x110000;</a>', 1, 'reference'],
    ['<a>&#;</a>', 1, 'reference'],
    ['<a>&#12a;</a>', 1, 'reference'],
    ['<a b="&amp"/>', 1, 'reference'],
    [`<${'n'.repeat(300)}/>`, 1, 'a name of 300'],
  ])('%j', (source, line, reason) => {
    const error = refusal(source);
    expect(error.reason).toContain(reason);
    expect(error.line).toBe(line);
  });

  test('entity declarations of any kind', () => {
    const lol = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><l>&b;</l>';
    expect(refusal(lol).reason).toContain('DOCTYPE');
    expect(refusal('<!DOCTYPE l SYSTEM "file:///etc/passwd"><l/>').reason).toContain('DOCTYPE');
    expect(refusal('<l><!ENTITY a "b"></l>').reason).toContain('DOCTYPE');
  });

  test('documents beyond the limits', () => {
    expect(refusal('<a/>', { length: 3 }).reason).toContain('too large');
    expect(refusal(bytes('<a/>'), { length: 3 }).reason).toContain('too large');
    expect(readXml(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`).name).toBe('a');
    expect(refusal('<a>'.repeat(65)).reason).toContain('64 elements inside each other');
    expect(refusal(`<a>${'<b/>'.repeat(10)}</a>`, { nodes: 10 }).reason).toContain('10 elements');
    expect(refusal('<a b="" c=""/>', { nodes: 2 }).reason).toContain('2 elements');
  });
});

/** Each of these takes very long when any step of the reader is slower than linear. */
test('megabytes made to be slow are not slow', () => {
  const many = 1 << 18;
  const texts = [
    `<a>${'&amp;'.repeat(many / 2)}</a>`,
    `<a>${'x<!---->'.repeat(many / 4)}</a>`,
    `<a>${'<![CDATA[x]]>'.repeat(many / 8)}</a>`,
    `<a>${'\r'.repeat(many * 2)}</a>`,
    `<a${' '.repeat(many * 2)}/>`,
  ];
  for (const text of texts) expect(readXml(text).name).toBe('a');
  const refused = [
    '<a>&'.padEnd(many * 2, '&'),
    `<a>${'&#'.padEnd(many * 2, '0')};</a>`,
    '<!--'.repeat(many),
    '<a '.repeat(many),
    `<a ${'b'.repeat(many * 2)}`,
    `<a>${'\n<b c="d">'.repeat(many / 4)}`,
    `<a ${Array.from({ length: many / 8 }, (_, i) => `b${i}=''`).join(' ')}>`,
    '\n'.repeat(many * 3),
    '<a>'.repeat(many),
    '</a>'.repeat(many),
    ']]>'.repeat(many),
    '<'.repeat(many),
    `<?xml${' '.repeat(many)}encoding`,
  ];
  for (const text of refused) expect(refusal(text).line).toBeGreaterThan(0);
});

test('whatever the text, the answer is a tree or XmlError', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<a>',
      '</a>',
      '<a b="c">',
      '<b/>',
      '&lt;',
      '&#65;',
      '&x;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
    ),
    fc.constantFrom('<!DOCTYPE a>', '"', "'", '=', '\n', '\r\n', ' ', '>', '<', '?>', '\ufeff', '\0'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const check = (element: XmlElement, deepest: number): void => {
    if (deepest === 0) throw new Error('too deep');
    expect(element.name).not.toBe('');
    expect(element.line).toBeGreaterThan(0);
    for (const each of element.children) check(each, deepest - 1);
  };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, asBytes) => {
      const text = `<a>${pieces.join('')}</a>`;
      try {
        check(readXml(asBytes ? bytes(text) : text), 64);
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError);
      }
    }),
    { numRuns: 500 },
  );
});
