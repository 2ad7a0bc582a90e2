import { readFile, stat } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { UnbrickError } from '@unbrick/core';
import { type Answer, chooseLanguage, explainEntry, type Language, lookUp } from '@unbrick/core/explain';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { openDiskFile } from '../files/disk-file.js';
import { explanationLines } from '../render/explanation.js';
import { chooseStyle } from '../render/style.js';
import { userLanguage } from '../render/user-language.js';
import { chooseRenderer, showError } from './session.js';

export interface ExplainOptions {
  lang?: string;
  json?: boolean;
}

/** Nothing that is asked about ends like this. */
const PATH_OF_A_LOG = /\.(log|txt)$/i;
/** Logs are text; a file beyond this is something else. */
const LARGEST_LOG = 64 << 20;

/** `unbrick explain QUESTION…`: a number, a symbol, a pasted sentence, a log file, or `-` for standard input. */
export async function explainCommand(words: readonly string[], options: ExplainOptions): Promise<number> {
  try {
    const language = options.lang === undefined ? userLanguage() : chooseLanguage(options.lang);
    const answer = lookUp(await question(words));
    if (options.json) process.stdout.write(`${JSON.stringify(asData(answer, language))}\n`);
    else for (const line of explanationLines(answer, language, chooseStyle())) process.stdout.write(`${line}\n`);
    return answer.found.length + answer.similar.length > 0 ? ExitCode.DONE : ExitCode.FAILED;
  } catch (cause) {
    return exitCodeOf(showError(cause, chooseRenderer(false)));
  }
}

async function question(words: readonly string[]): Promise<string> {
  if (words.length === 0 && process.stdin.isTTY) {
    throw new UnbrickError({
      code: 'USAGE',
      stage: 'usage',
      message: 'There is nothing to explain.',
      next: [
        'Give a number, a name or a sentence: unbrick explain 4032',
        'Or a log: unbrick explain QT_FLASH_TOOL.log',
      ],
    });
  }
  if (words.length === 0 || (words.length === 1 && words[0] === '-')) return readStream(process.stdin);
  const [path] = words as [string];
  const file = words.length === 1 ? await stat(path).catch(() => undefined) : undefined;
  if (!file && words.length === 1 && PATH_OF_A_LOG.test(path)) await openDiskFile(path);
  if (!file?.isFile()) return words.join(' ');
  if (file.size > LARGEST_LOG) {
    throw new UnbrickError({
      code: 'USAGE',
      stage: 'usage',
      message: `${path} is too large to be a log.`,
      evidence: [`${file.size} bytes`],
      next: ['Give the end of the log, where the error is.'],
    });
  }
  return readFile(path, 'utf8');
}

function asData({ found, similar }: Answer, language: Language) {
  return {
    type: 'explanation',
    found: found.map(({ text, line, entries }) => ({
      text,
      line,
      entries: entries.map((entry) => explainEntry(entry, language)),
    })),
    similar: similar.map((entry) => explainEntry(entry, language)),
  };
}
