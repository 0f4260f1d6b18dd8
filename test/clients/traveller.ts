import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type Outcome = Readonly<Record<string, string | number>>;

const timeLimitMs = 90_000;

/** A client on a journey, in a process of its own: one that crashes takes no other along. */
export class Traveller {
  /** Never rejects: a process that ends without a word failed to connect. */
  readonly outcome: Promise<Outcome>;
  readonly #stdin: NodeJS.WritableStream;
  readonly #readiness = new EventEmitter();
  #readyTimes = 0;
  #ended = false;

  constructor(node: string, script: string, args: readonly string[]) {
    const child = spawn(node, [join(import.meta.dirname, script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#stdin = child.stdin;
    // It may have ended; its outcome tells.
    child.stdin.on('error', () => {});
    let last = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line;
      if (line === 'ready') this.#change(() => this.#readyTimes++);
    });
    const late = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
    this.outcome = once(child, 'close').then(([code]) => {
      clearTimeout(late);
      this.#change(() => (this.#ended = true));
      return (
        read(last) ?? { connect: `FAIL ended with ${(code as number | null) ?? 'a signal'}`, ms: 0 }
      );
    });
  }

  /** Waits until it says so for the nth time, or has ended. */
  async ready(times: number): Promise<void> {
    while (this.#readyTimes < times && !this.#ended) await once(this.#readiness, 'change');
  }

  /** Tells it that there is a server again. */
  goOn(): void {
    this.#stdin.write('\n');
  }

  #change(change: () => void): void {
    change();
    this.#readiness.emit('change');
  }
}

function read(line: string): Outcome | undefined {
  try {
    return JSON.parse(line) as Outcome;
  } catch {
    return undefined;
  }
}
