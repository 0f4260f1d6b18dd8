import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { refereeNode } from '../conformance/referee-node.ts';
import type { Configuration, Door } from './configurations.ts';

export type Outcome = Readonly<Record<string, string | number>>;

const timeLimitMs = 180_000;

/** A client on a journey, in a process of its own: one that crashes takes no other along. */
export class Traveller {
  /** Never rejects: a process that ends without a word failed to connect. */
  readonly outcome: Promise<Outcome>;
  readonly #ended = new AbortController();
  readonly #stdin: NodeJS.WritableStream;
  readonly #lines = new EventEmitter();
  readonly #said = new Set<string>();

  /** @param port where the server, or what is in front of it, listens */
  static send(configuration: Configuration, port: number, journey: string): Traveller {
    const { library, options = {}, newer, door = 'http' } = configuration;
    const node = newer ? refereeNode() : process.execPath;
    return new Traveller(node, [journey, library, JSON.stringify(options), addressOf(door, port)]);
  }

  private constructor(node: string, args: readonly string[]) {
    const child = spawn(node, [join(import.meta.dirname, 'journeys/main.mjs'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#stdin = child.stdin;
    // It may have ended; its outcome tells.
    child.stdin.on('error', () => {});
    let last = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line;
      this.#said.add(line);
      this.#lines.emit('line');
    });
    const late = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
    this.outcome = once(child, 'close').then(([code]) => {
      clearTimeout(late);
      this.#ended.abort();
      return (
        read(last) ?? { connect: `FAIL ended with ${(code as number | null) ?? 'a signal'}`, ms: 0 }
      );
    });
  }

  /** Aborts when it has ended. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Waits until it has said a line, or has ended. */
  async says(line: string): Promise<void> {
    while (!this.#said.has(line) && !this.ended.aborted) {
      await once(this.#lines, 'line', { signal: this.ended }).catch(() => {});
    }
  }

  /** Waits until it is ready to go on, or has ended. */
  ready(): Promise<void> {
    return this.says('ready');
  }

  goOn(): void {
    this.#said.delete('ready');
    this.#stdin.write('\n');
  }
}

function addressOf(door: Door, port: number): string {
  const host = `127.0.0.1:${port}`;
  return {
    http: `http://${host}/mcp`,
    sse: `http://${host}/sse`,
    websocket: `ws://${host}/mcp`,
    stdio: 'stdio:',
  }[door];
}

function read(line: string): Outcome | undefined {
  try {
    return JSON.parse(line) as Outcome;
  } catch {
    return undefined;
  }
}
