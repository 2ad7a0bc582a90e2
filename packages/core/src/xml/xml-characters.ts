/** Names as far as they matter here: ASCII by the rules, everything beyond ASCII allowed. */
export const XML_NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;

/** Characters that no XML text may hold, even as a reference: controls, halves of surrogate pairs, U+FFFE and U+FFFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
export const XML_FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]/u;

/** The entities every XML text may use; there are no others here, because there is no DOCTYPE. */
const PREDEFINED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What `&body;` stands for; `undefined` when it stands for nothing that is allowed. */
export function xmlReference(body: string): string | undefined {
  if (!body.startsWith('#')) return Object.hasOwn(PREDEFINED, body) ? PREDEFINED[body] : undefined;
  const [digits, radix] = body[1] === 'x' ? [body.slice(2), 16] : [body.slice(1), 10];
  if (!(radix === 16 ? /^[0-9a-f]+$/i : /^[0-9]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, radix);
  if (code > 0x10ffff) return undefined;
  const character = String.fromCodePoint(code);
  return XML_FORBIDDEN.test(character) ? undefined : character;
}
