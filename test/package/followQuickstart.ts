import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Page } from '../support/markdown.ts';
import { Terminal } from './terminal.ts';

const ROOT = new URL('../../', import.meta.url);
const NAMES = ['first', 'second'] as const;

interface Reader {
  /** The empty folder that the reader begins in. */
  readonly folder: string;
  /** The command that installs these packages, `mcp-actors` among them, as `npm install` would. */
  readonly install: (packages: readonly string[]) => string;
}

/** What the reader of docs/quickstart.md does, block by block: saves, types, and looks. */
class Quickstart {
  readonly #folder: string;
  readonly #install: Reader['install'];
  readonly #port: number;
  readonly #terminals = new Map<string, Terminal>();

  constructor({ folder, install }: Reader, port: number) {
    this.#folder = folder;
    this.#install = install;
    this.#port = port;
  }

  /** What a terminal has said. */
  said(name: (typeof NAMES)[number]): string {
    return this.#terminals.get(name)?.said ?? '';
  }

  /** @param lead the line before the block, which says what to do with it */
  async follow(lead: string, language: string, text: string): Promise<void> {
    const [, file] = /Save this as `([\w.]+)`:$/.exec(lead) ?? [];
    const name = NAMES.find((each) => lead.includes(`${each} terminal`));
    if (language === 'js' && file !== undefined) {
      writeFileSync(join(this.#folder, 'counter', file), text);
    } else if (language === 'text' && name !== undefined) {
      await this.#terminals.get(name)?.says(text.replace('3000', `${this.#port}`));
    } else if (language === 'sh' && name === 'first') {
      const commands = text.replace(/^npm install (.*)$/m, (_, packages: string) =>
        this.#install(packages.split(' ')),
      );
      await (this.#terminals.get(name) ?? this.#open(name, this.#folder)).runs(commands);
    } else if (language === 'sh' && name === 'second') {
      // A command that runs for ever is stopped before the next one.
      this.#terminals.get(name)?.close();
      this.#open(name, join(this.#folder, 'counter')).types(text);
    } else throw new Error(`nobody can follow "${lead}"`);
  }

  close(): void {
    for (const terminal of this.#terminals.values()) terminal.close();
  }

  #open(name: string, cwd: string): Terminal {
    const terminal = new Terminal(cwd, { ...process.env, PORT: `${this.#port}` });
    this.#terminals.set(name, terminal);
    return terminal;
  }
}

/**
 * Does what docs/quickstart.md says, and waits for each thing it says will be seen.
 *
 * @returns what the last client said
 */
export async function followQuickstart(reader: Reader): Promise<string[]> {
  const quickstart = new Quickstart(reader, await freePort());
  const { text } = new Page(ROOT, 'docs/quickstart.md');
  const blocks = text.matchAll(/^([^\n]*)\n\n(?:<!-- [^\n]* -->\n\n)?```(\w+)\n(.*?)^```$/gms);
  try {
    for (const [, lead = '', language = '', block = ''] of blocks) {
      await quickstart.follow(lead, language, block);
    }
    return quickstart.said('second').trimEnd().split('\n');
  } finally {
    quickstart.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
