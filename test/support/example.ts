import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAbsolute, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What the file of an example said, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs an example to its end, as a user would. @param path below examples/, or a whole one */
export async function runExample(path: string, ...args: string[]): Promise<Ended> {
  const child = start(path, args);
  const said = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: said.join('') };
}

/** Starts an example that serves; it is stopped when the test is over. @returns its URL */
export async function startExample(path: string, pattern = /http:\S+/): Promise<string> {
  const child = start(path);
  const said = collect(child);
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [url] = pattern.exec(said.join('')) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once('close', () => reject(new Error(`${path} ended: ${said.join('')}`)));
  });
}

function start(path: string, args: readonly string[] = []): ChildProcess {
  const file = isAbsolute(path) ? path : join(import.meta.dirname, '../../examples', path);
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function collect(child: ChildProcess): string[] {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => said.push(chunk));
  }
  return said;
}
