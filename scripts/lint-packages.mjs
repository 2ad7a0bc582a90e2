// Checks that each package could be published as it is: publint on what `npm pack` would ship.
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

let failed = false;
for (const name of ['core', 'phone', 'cli']) {
  const pkgDir = fileURLToPath(new URL(`../packages/${name}`, import.meta.url));
  const { messages, pkg } = await publint({ pkgDir, strict: true });
  for (const message of messages) {
    console.error(`${pkg.name}: ${formatMessage(message, pkg)}`);
    failed = true;
  }
  console.log(`${pkg.name}: ${messages.length === 0 ? 'fit to publish' : 'not fit to publish'}`);
}
process.exit(failed ? 1 : 0);
