import { ROM_INFO_NAME, RomInfo } from './preloader-layout.js';

/** A platform that a preloader names inside. */
export interface PlatformHint {
  /** `MT6765`. */
  platform: string;
  /** `code`: a text in the program. `rom-info`: its security settings, which in real files name other chips too. */
  origin: 'code' | 'rom-info';
  /** How often it is named there. */
  count: number;
}

/** MT63xx and MT66xx are power and radio chips that every preloader names; phones' platforms are MT65xx, MT67xx-69xx, MT8xxx. */
const PLATFORM = /(?<![A-Za-z])MT((?:6[5789]|8\d)\d\d)(?!\d)/gi;

/** The platforms a preloader names: texts in its code, most frequent first, then its security settings. */
export function platformHints(file: Uint8Array): PlatformHint[] {
  const text = new TextDecoder('latin1').decode(file);
  const romInfo = text.indexOf(ROM_INFO_NAME);
  const counts = new Map<string, number>();
  for (const match of text.matchAll(PLATFORM)) {
    if (romInfo >= 0 && match.index >= romInfo && match.index < romInfo + RomInfo.size) continue;
    const platform = `MT${match[1]}`;
    counts.set(platform, (counts.get(platform) ?? 0) + 1);
  }
  const hints = [...counts]
    .map(([platform, count]): PlatformHint => ({ platform, origin: 'code', count }))
    .sort((a, b) => b.count - a.count);
  if (romInfo >= 0 && romInfo + RomInfo.size <= file.length) {
    const { platform } = RomInfo.parse(file, romInfo);
    const named = /^MT\d{4}[A-Z]?/i.exec(platform);
    if (named) hints.push({ platform: named[0].toUpperCase(), origin: 'rom-info', count: 1 });
  }
  return hints;
}
