import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const startMs = 30_000;

export interface EverythingServer {
  readonly url: string;
  /** Ends it as an operator would; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the everything example in a process of its own, on a free port. @param more arguments */
export async function startEverythingServer(
  more: readonly string[] = [],
): Promise<EverythingServer> {
  const args = ['--import', 'tsx', 'examples/everything/main.ts', ...more];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), startMs);

  let said = '';
  child.stdout.setEncoding('utf8');
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: string) => {
      said += chunk;
      const found = /listens at (\S+)\n/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error('The everything server did not start')));
  }).finally(() => clearTimeout(late));

  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
