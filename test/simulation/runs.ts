import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Options of node for a process that plays histories: most of what they make is young and dies. */
const NODE = ['--max-semi-space-size=64', '--import', 'tsx'];

/**
 * Plays histories in a process of their own.
 *
 * @param program of a simulator, from the root of the project
 * @param node that plays them: the same seed may be another history in another version
 * @returns what the process printed, and whether all histories held
 */
export async function simulate(
  options: Readonly<Record<string, string | number | true | undefined>>,
  program = 'test/simulation/run.ts',
  node = process.execPath,
): Promise<{ readonly printed: string; readonly holds: boolean }> {
  const flags = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
  const child = spawn(node, [...NODE, program, ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let printed = '';
  const take = (text: string): void => void (printed += text);
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { printed, holds: code === 0 && / histories, 0 failed,/.test(printed) };
}
