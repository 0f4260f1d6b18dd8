import { rmSync } from 'node:fs';
import { BundledChild } from './bundledChild.ts';

let bundle: Promise<BundledChild> | null = null;

/**
 * The everything example as one file, made once for each file of tests: started from its sources it
 * spends more on being compiled than on what a test asks of it. `npm start` itself has its own tests.
 *
 * @returns its path from the root of the project
 */
export async function everythingBundle(): Promise<string> {
  if (bundle === null) {
    bundle = BundledChild.of(new URL('../../examples/everything/main.ts', import.meta.url));
    const { folder } = await bundle;
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return (await bundle).file;
}
