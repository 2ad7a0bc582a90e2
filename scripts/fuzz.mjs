// Feeds every parser of the house damaged input, and every protocol damaged answers, for as long as you like; the short run is
// part of the tests.
//
//   node scripts/fuzz.mjs                     every target for 60 seconds
//   node scripts/fuzz.mjs 600 zip             one target for ten minutes
//   node scripts/fuzz.mjs 60 zip 12345        beginning with this seed, to see a fault again
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [seconds = '60', target, seed = String(Date.now() % 1e9)] = process.argv.slice(2);
console.log(`seeds from ${seed}`);
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)),
    'run',
    'tests/fuzz',
    '--reporter=verbose',
  ],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: {
      ...process.env,
      UNBRICK_FUZZ_SECONDS: seconds,
      UNBRICK_FUZZ_SEED: seed,
      ...(target ? { UNBRICK_FUZZ_TARGET: target } : {}),
    },
  },
);
process.exitCode = status ?? 1;
