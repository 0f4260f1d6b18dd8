import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

/** Said of a server that can take commands, also while it loads what it had. */
const READY = /Ready to accept connections|Connecting to MASTER/;

/** A `redis-server` of a test, in a folder of its own. It can be killed, stopped and started again. */
export class RedisServer {
  readonly port: number;
  /** Where a node of a Redis Cluster hears from the others. */
  readonly busPort: number = 0;
  readonly folder: string;
  readonly #settings: readonly string[];
  #child: ChildProcess | null = null;
  #said = '';
  #asking: Redis | null = null;

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
    this.folder = mkdtempSync(join(tmpdir(), 'mcp-actors-redis-'));
  }

  /**
   * Starts a server on a free port. Whoever starts it ends it.
   *
   * @param settings as on the command line of `redis-server`; nothing is written to the disk without one
   */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings);
    await server.start();
    return server;
  }

  /** A node of a Redis Cluster. */
  static async startNode(): Promise<RedisServer> {
    const busPort = await freePort();
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
    return Object.assign(await RedisServer.start(...cluster), { busPort });
  }

  /** A server that ends with the test. */
  static async ofTest(...settings: readonly string[]): Promise<RedisServer> {
    const server = await RedisServer.start(...settings);
    onTestFinished(() => server.end());
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again with what it has on its disk. */
  async start(): Promise<void> {
    const port = ['--port', String(this.port), '--bind', '127.0.0.1'];
    const quiet = ['--dir', this.folder, '--save', '', '--repl-diskless-sync-delay', '0'];
    const child = spawn('redis-server', [...port, ...quiet, ...this.#settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    // Whoever ended this process early has not ended the server.
    const leave = (): void => void child.kill('SIGKILL');
    process.once('exit', leave);
    child.once('exit', () => process.off('exit', leave));
    this.#said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    }
    await this.says(READY);
  }

  /** Waits until it writes something to its log. */
  async says(pattern: RegExp): Promise<void> {
    const child = this.#child!;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.#said)) resolve();
      };
      look();
      child.stdout?.on('data', look);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`redis-server ended: ${this.#said}`)));
    });
  }

  /** Ends it as the system would, or asks it to. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // A stopped process hears of nothing else.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await ended;
  }

  /** Stops it in the middle of whatever it does: connections stay, and nothing is answered. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sends a command as another program would. */
  async command(name: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown> {
    this.#asking ??= new Redis(this.url, { protocol: 2 }).on('error', () => {});
    return this.#asking.call(name, ...args);
  }

  /** Reads a value as the bytes it is. */
  async bytes(name: string, ...args: readonly string[]): Promise<Buffer> {
    await this.command('PING');
    return (await this.#asking!.callBuffer(name, ...args)) as Buffer;
  }

  async end(): Promise<void> {
    this.#asking?.disconnect();
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody has taken. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
