import type { Readable, Writable } from 'node:stream';
import type { Rpc } from './reply.ts';

/** A client on a pair of pipes of which a test decides every byte. */
export class LinePeer {
  readonly #input: Writable;
  readonly messages: Rpc[] = [];
  /** Everything the server wrote. */
  text = '';
  /** The server's pipe is at its end. */
  readonly ended: Promise<void>;
  readonly #waiting = new Set<() => void>();

  /** @param input of the server. @param output of the server */
  constructor(input: Writable, output: Readable) {
    this.#input = input;
    let rest = '';
    output.setEncoding('utf8');
    output.on('data', (chunk: string) => {
      this.text += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.messages.push(JSON.parse(line) as Rpc);
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve) => output.once('end', resolve));
  }

  write(bytes: string | Uint8Array): void {
    this.#input.write(bytes);
  }

  say(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  /** The whole handshake, the answer not waited for. */
  greet(): void {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'peer', version: '1' },
    };
    this.ask('init', 'initialize', params);
    this.say({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  ask(id: string | number, method: string, params: object = {}): void {
    this.say({ jsonrpc: '2.0', id, method, params });
  }

  call(id: string | number, name: string, args: object = {}): void {
    this.ask(id, 'tools/call', { name, arguments: args });
  }

  end(): void {
    this.#input.end();
  }

  /** The answer to a request, now or later. */
  answer(id: string | number | null): Promise<Rpc> {
    return this.heard((message) => message.id === id && message.method === undefined);
  }

  heard(test: (message: Rpc) => boolean): Promise<Rpc> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.messages.find(test);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
