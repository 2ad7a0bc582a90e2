import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutate, random } from './mutate.js';
import { expected, TARGETS, type Target } from './targets.js';

/** Damaged inputs a target in the short run, which is the same every time. `node scripts/fuzz.mjs` is the long one. */
const SHORT_RUN = 120;

const seconds = Number(process.env.UNBRICK_FUZZ_SECONDS ?? 0);
const firstSeed = Number(process.env.UNBRICK_FUZZ_SEED ?? 1);
const only = process.env.UNBRICK_FUZZ_TARGET;

/** Nothing that a stranger can give us may crash, hang, or be taken for what it is not. */
test.for(TARGETS)('$name', { timeout: 60_000 + seconds * 1000 }, async (target, { skip }) => {
  skip(only !== undefined && target.name !== only);
  for (const seed of target.seeds) await target.run(seed.slice());
  const end = performance.now() + seconds * 1000;
  let count = 0;
  for (let seed = firstSeed; seconds > 0 ? performance.now() < end : count < SHORT_RUN; seed++, count++) {
    await attempt(target, seed);
    // Parsers that never wait would otherwise keep the test runner from noticing that time is up.
    if (count % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(count).toBeGreaterThan(0);
});

async function attempt(target: Target, seed: number): Promise<void> {
  const next = random(seed);
  const pick = () => target.seeds[Math.floor(next() * target.seeds.length)] as Uint8Array;
  const input = mutate(pick(), pick(), next);
  if (target.repair && next() < 0.7) target.repair(input);
  try {
    await target.run(input);
  } catch (cause) {
    if (expected(cause)) return;
    const file = join(tmpdir(), `unbrick-fuzz-${target.name}-${seed}.bin`);
    writeFileSync(file, input);
    throw new Error(`${target.name}, seed ${seed} (input kept as ${file}): ${cause}`, { cause });
  }
}
