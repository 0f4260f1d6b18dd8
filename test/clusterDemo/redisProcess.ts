import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './freePort.ts';

/** How to come to what the demonstration needs. */
export const NO_REDIS = `There is no redis-server here. Any of these helps:

  Debian, Ubuntu   apt-get install redis-server
  macOS            brew install redis
  docker           docker run -p 6379:6379 redis:7 --maxmemory-policy noeviction
                   npm run cluster -- --url redis://localhost:6379
  elsewhere        REDIS_SERVER=/path/to/redis-server npm run cluster`;

/** Where `redis-server` is: as `REDIS_SERVER` says, or on the path. */
export function findRedisServer(): string | undefined {
  const named = process.env['REDIS_SERVER'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = named === undefined ? folders.map((each) => join(each, 'redis-server')) : [named];
  return places.find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A `redis-server` in a temporary folder, which writes all it knows to its disk each second. */
export class RedisProcess {
  readonly url: string;
  readonly #program: string;
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mcp-actors-cluster-'));
  #child: ChildProcess | null = null;

  private constructor(program: string, port: number) {
    this.#program = program;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(program: string): Promise<RedisProcess> {
    const redis = new RedisProcess(program, await freePort());
    await redis.start();
    return redis;
  }

  /** Starts it, or starts it again with what is on its disk. */
  async start(): Promise<void> {
    const where = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const kept = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'];
    const child = spawn(this.#program, [...where, ...kept], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
        if (said.includes('Ready to accept connections')) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`redis-server ended: ${said}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it, with all that it had. In one turn: also for a process that is about to exit. */
  remove(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
