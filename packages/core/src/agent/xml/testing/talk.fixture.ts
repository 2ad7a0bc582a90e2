/** Recorded conversations as text; the form is told at the head of ../fixtures/conversations.txt. For tests. */
import { readFileSync } from 'node:fs';
import { framed, pattern, type Step } from '../../frames/testing/frame-bytes.fixture.js';

export type Talks = ReadonlyMap<string, Step[]>;

export function loadTalks(fileName: string): Talks {
  const talks = new Map<string, Step[]>();
  let steps: Step[] = [];
  for (const line of readFileSync(new URL(`../fixtures/${fileName}`, import.meta.url), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('== ')) {
      steps = [];
      talks.set(line.slice(3), steps);
    } else {
      steps.push({ from: line.startsWith('>') ? 'host' : 'agent', bytes: framed(payload(line.slice(2))) });
    }
  }
  return talks;
}

/** All steps of the named conversations, one after another. */
export function pickTalks(talks: Talks, ...names: string[]): Step[] {
  return names.flatMap((name) => {
    const steps = talks.get(name);
    if (!steps) throw new Error(`no conversation ${name}`);
    return steps;
  });
}

/** A text as it goes over the wire. */
export function textFrame(text: string): Uint8Array {
  return framed(withNul(text));
}

export function withNul(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function payload(body: string): Uint8Array {
  if (body.startsWith('data text ')) return new TextEncoder().encode(body.slice(10).replaceAll('\\0', '\0'));
  const numbers = /^data P\((\d+),(\d+),(\d+)\)\[(\d+),(\d+)\]$/.exec(body)?.slice(1).map(Number);
  if (!numbers) return withNul(body.replaceAll('\\n', '\n'));
  const [n, a, b, from, to] = numbers as [number, number, number, number, number];
  return pattern(n, a, b).slice(from, to);
}
