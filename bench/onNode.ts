import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';

import { nodeProgram } from '../test/runtimes/nodeProgram.ts';

/**
 * Runs this program once more on the Node.js that was asked for, and ends with it: driver and
 * contenders run on what runs the program. Goes on where this is that Node.js.
 *
 * @param which a major version, or a path; `undefined` is the running one
 */
export async function onNode(which: string | undefined): Promise<void> {
  if (which === undefined) return;
  const program = realpathSync(nodeProgram(which));
  if (program === realpathSync(process.execPath)) return;
  // With what this process has of it: the loader that reads TypeScript.
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exit(code ?? 1);
}
