import { Link } from '../../../link/link.js';
import type { AgentStartOptions } from '../../start.js';
import type { LegacyAgent } from '../legacy-agent.js';
import { startWithTimeouts } from '../start.js';
import { DESCRIPTION_2019, HASTY, image, pattern, SLC_MARKER } from './samples.js';
import { ScriptedDevice, transcript } from './scripted-device.js';

const MT6580_2019 = image(DESCRIPTION_2019, SLC_MARKER, pattern(0x39928));
/** What an identity says when the phone was caught in BROM. */
export const BROM = { stage: 'brom', bromVersion: 0x05, bootloaderVersion: 0xfe } as const;
/** The id of the phone in the captures, as an entry of a memory table holds it. */
export const KNOWN_ID = '150100444a35424d42';

export interface ScriptedStart {
  device: ScriptedDevice;
  agent: Promise<LegacyAgent>;
  notes: string[];
  progress: string[];
}

/** Starts an agent on a phone that follows a transcript; the image is that of an MT6580 of 2019 unless given. */
export function start(
  script: string,
  options: Partial<AgentStartOptions> & Pick<AgentStartOptions, 'identity'>,
): ScriptedStart {
  const device = new ScriptedDevice(transcript(script));
  const notes: string[] = [];
  const progress: string[] = [];
  const agent = startWithTimeouts(
    new Link(device),
    {
      image: MT6580_2019,
      onNote: (note) => notes.push(note),
      onProgress: (phase, bytes, total) => progress.push(`${phase} ${bytes}/${total}`),
      ...options,
    },
    HASTY,
  );
  agent.catch(() => {});
  return { device, agent, notes, progress };
}
