import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const startMs = 30_000;

/** A program that serves, in a process of its own. */
interface ServerProcess {
  /** What it has said by the time that it serves. */
  readonly said: string;
  /** Ends it as an operator would; resolves to its exit code. */
  readonly stop: () => Promise<number | null>;
}

export interface EverythingServer extends Pick<ServerProcess, 'stop'> {
  readonly url: string;
}

/** Servers with the tools of the everything example, of each kind that is served. */
export interface OtherServers extends Pick<ServerProcess, 'stop'> {
  /** Names and addresses. */
  readonly all: readonly (readonly [name: string, url: string])[];
}

/** Starts the everything example in a process of its own, on a free port. @param more arguments */
export async function startEverythingServer(
  more: readonly string[] = [],
): Promise<EverythingServer> {
  const { said, stop } = await start(
    ['examples/everything/main.ts', ...more],
    /listens at (\S+)\n/,
  );
  return { url: said, stop };
}

/** Starts the same tools as they are served by other servers, on free ports. */
export async function startOtherServers(): Promise<OtherServers> {
  const { said, stop } = await start(['test/everything/serve.ts'], /(.*)\n/);
  return { all: JSON.parse(said) as OtherServers['all'], stop };
}

/** @param ready finds in what a program says that it serves, and where */
async function start(program: readonly string[], ready: RegExp): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...program], {
    cwd: root,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), startMs);

  let said = '';
  child.stdout.setEncoding('utf8');
  const found = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: string) => {
      said += chunk;
      const match = ready.exec(said)?.[1];
      if (match !== undefined) resolve(match);
    });
    child.once('exit', () => reject(new Error(`${program[0]} did not start`)));
  }).finally(() => clearTimeout(late));

  return {
    said: found,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
