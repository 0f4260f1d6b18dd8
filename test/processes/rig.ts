import type { BundledChild } from '../support/bundledChild.ts';
import { sendOverSocket } from '../support/door.ts';
import type { Program } from '../support/program.ts';
import { runs } from '../support/processes.ts';
import type { Rpc } from '../support/reply.ts';
import { WireClient } from '../support/wireClient.ts';

const NOTHING = (): Promise<void> => Promise.resolve();

/** One of the processes, as it has said. */
export interface Told {
  readonly index: number;
  readonly pid: number;
  readonly url: string;
}

/** What a call of `write` says. */
export interface Written {
  readonly by: string;
  readonly lines: readonly string[];
}

/** A program in several processes, for one test. */
export class ProcessesOfTest {
  readonly program: Program;

  private constructor(program: Program) {
    this.program = program;
  }

  static async start(child: BundledChild, ...args: readonly string[]): Promise<ProcessesOfTest> {
    const all = new ProcessesOfTest(child.start(args));
    await all.program.says(/all serve/);
    return all;
  }

  /** All that have served, also those that have ended. */
  get told(): readonly Told[] {
    const said = this.program.stdout.matchAll(/^process (\d+) is (\d+) at (\S+)$/gm);
    return Array.from(said, ([, index, pid, url]) => ({
      index: Number(index),
      pid: Number(pid),
      url: url!,
    }));
  }

  /** Those that run. */
  get running(): readonly Told[] {
    return this.told.filter(({ pid }) => runs(pid));
  }

  get url(): string {
    return this.told[0]!.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The process of a name. */
  named(name: string): Told {
    return this.running.findLast(({ index }) => name === `p${index}`)!;
  }

  /** A client each of whose requests has a connection of its own. */
  async open(): Promise<WireClient> {
    const { port } = this;
    const client = new WireClient({
      host: `127.0.0.1:${port}`,
      port,
      send: (ask) => sendOverSocket(port, ask),
      close: NOTHING,
    });
    await client.shake();
    return client;
  }
}

/** Calls a tool. */
export function call(client: WireClient, name: string, line: string): Promise<Rpc> {
  return client.call('tools/call', { name, arguments: { line } });
}

export async function write(client: WireClient, line: string): Promise<Written> {
  const { result, error } = await call(client, 'write', line);
  if (error !== undefined) throw new Error(`write: ${error.message}`);
  const [content] = result!['content'] as { text: string }[];
  return JSON.parse(content!.text) as Written;
}
