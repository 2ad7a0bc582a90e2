import { styleText } from 'node:util';

/** Colours and signs; plain output passes its own. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

/** For pipes and files. */
export const PLAIN: Style = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  yellow: (text) => text,
  green: (text) => text,
};

export const COLOURS: Style = {
  bold: (text) => styleText('bold', text),
  dim: (text) => styleText('dim', text),
  red: (text) => styleText('red', text),
  yellow: (text) => styleText('yellow', text),
  green: (text) => styleText('green', text),
};

/** Colours where a person looks at a terminal that has them (https://no-color.org). */
export function chooseStyle(): Style {
  return process.stdout.isTTY && !process.env.NO_COLOR ? COLOURS : PLAIN;
}
