import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');

/** `npm start -- --inspect`, ended with the test. */
export class Everything {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  #said = '';

  constructor(env: Readonly<Record<string, string>> = {}) {
    const args = ['--import', 'tsx', 'examples/everything/main.ts', '--inspect'];
    this.process = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.ended = once(this.process, 'close');
    onTestFinished(() => void this.process.kill('SIGKILL'));
  }

  async urls(): Promise<{ mcp: string; inspector: string }> {
    return {
      mcp: await this.#says(/listens at (\S+)/),
      inspector: await this.#says(/alone: (\S+)/),
    };
  }

  async #says(pattern: RegExp): Promise<string> {
    for (;;) {
      const [, found] = pattern.exec(this.#said) ?? [];
      if (found !== undefined) return found;
      await once(this.process.stdout!, 'data');
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}
