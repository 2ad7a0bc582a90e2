/**
 * Whose code it is. The same number means different things in different families, so a number alone is a question with
 * several answers.
 *
 * - `unbrick`: errors and findings of this program
 * - `flash-tool-library`: `S_…` numbers 1000 to 10999 that SP Flash Tool v3 to v5 shows, from its library
 * - `xflash`: 32-bit status words of XFlash and XML agents (`0xC0060003`, shown signed by some tools)
 * - `xml-agent`: sentences with which XML agents end a command
 * - `boot-status`: 16-bit answers of boot ROM and preloader (`0x1D0D`)
 * - `flash-tool-5`, `flash-tool-6`, `flash-tool-3`: numbers of the tool's own windows, by generation
 * - `flash-tool-text`: messages that come without a number
 * - `private`, `unconfirmed`: numbers that users quote and nobody has published
 * - `computer`: what Windows, Linux or macOS say about the port
 */
export type CodeFamily =
  | 'unbrick'
  | 'flash-tool-library'
  | 'xflash'
  | 'xml-agent'
  | 'boot-status'
  | 'flash-tool-5'
  | 'flash-tool-6'
  | 'flash-tool-3'
  | 'flash-tool-text'
  | 'private'
  | 'unconfirmed'
  | 'computer';

/** One thing a user can meet, as the data files of this folder hold it. */
export interface CatalogueEntry {
  /** Stable and unique; translations refer to it. */
  key: string;
  family: CodeFamily;
  /** The number, unsigned. */
  code?: number;
  /** The name in the field's own spelling: `S_BROM_CMD_SEND_DA_FAIL`. */
  symbol?: string;
  aliases?: string[];
  /** Where in a job it is met. */
  stage: string;
  /** What it means, one or two sentences. */
  meaning: string;
  /** Only the code's name is known; the meaning is read from it. */
  generic?: boolean;
  /** What probably caused it, likeliest first. */
  causes?: string[];
  /** Keys of `remedies.json`, safest first. */
  next?: string[];
  /** How tools and forums show it; `[…]` stands for a few words that differ. */
  seenAs?: string[];
  /** Keys of the entries under which flash tools show what one of our own codes stands for. */
  elsewhere?: string[];
  note?: string;
  /** How genuine agents use the code. */
  agents?: string;
  /** Older generations gave the number to other names: symbol → generations. */
  formerly?: Record<string, string[]>;
}

/** An entry ready to be shown, in one language. */
export interface Explanation {
  entry: CatalogueEntry;
  meaning: string;
  causes: string[];
  /** Sentences, safest first. */
  next: string[];
}
