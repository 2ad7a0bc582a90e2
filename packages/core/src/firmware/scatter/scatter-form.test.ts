import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { parseScatter } from './parse-scatter.js';
import { headText, utf8 } from './scatter-text.fixture.js';

const FILE = 'MT6735_Android_scatter.txt';

function refusal(text: string | Uint8Array, fileName = FILE): UnbrickError {
  try {
    parseScatter(fileName, typeof text === 'string' ? utf8(text) : text);
  } catch (error) {
    expect(error).toBeInstanceOf(UnbrickError);
    return error as UnbrickError;
  }
  throw new Error('it was read');
}

describe('other files', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'is empty'],
    ['blanks', ' \n\t\n', 'nothing but blanks'],
    ['a web page', '<!DOCTYPE html>\n<html><head><title>Download partition_index</title></head></html>', 'web page'],
    ['another XML file', '<?xml version="1.0"?><flash><da/></flash>', 'not a scatter file'],
    ['the entry file of a newer package', '<?xml version="1.0"?><flash><scatter>a.xml</scatter></flash>', 'entry file'],
    ['an OTA offset list', 'preloader 0x0\nmbr 0x600000\nebr1 0x680000\n', 'over-the-air'],
    ['a zip archive', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0), 'zip archive'],
    ['a rar archive', utf8('Rar!\x1a\x07'), 'rar archive'],
    ['binary data', Uint8Array.from({ length: 4096 }, (_, i) => (i * 37 + (i >> 3)) & 0xff), 'binary data'],
    ['some text', 'Thank you for downloading!\n', 'is a text'],
    ['a head without partitions', headText(), 'without its list of partitions'],
    ['5 MiB', new Uint8Array(5 << 20), 'too large'],
  ])('%s is refused with a sentence that helps', (_what, content, words) => {
    const error = refusal(content);
    expect(error.code).toBe('SCATTER_UNREADABLE');
    expect(error.message).toContain(words);
    expect(error.next.length).toBeGreaterThan(0);
  });
});
