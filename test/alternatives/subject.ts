import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const REVISION = '2025-06-18';
const ACCEPT = 'application/json, text/event-stream';
const CLIENT = {
  protocolVersion: REVISION,
  capabilities: {},
  clientInfo: { name: 'p', version: '1' },
};
/** Longest wait for an answer: one that never comes is a finding. */
const WITHIN_MS = 5000;

export type Headers = Readonly<Record<string, string>>;

/** What a response said; `undefined` where none came. */
export interface Said {
  readonly status: number | undefined;
  readonly text: string;
}

/** One of the servers that are compared, in a process of its own. */
export class Subject {
  readonly port: number;
  readonly #command: readonly string[];
  readonly #data: string;
  #child: ChildProcess | undefined;

  private constructor(command: readonly string[], port: number, data: string) {
    this.#command = command;
    this.port = port;
    this.#data = data;
  }

  /** @param command what node is told to run */
  static async start(command: readonly string[]): Promise<Subject> {
    const data = mkdtempSync(join(tmpdir(), 'mcp-actors-alternatives-'));
    const subject = new Subject(command, await freePort(), data);
    await subject.start();
    return subject;
  }

  get isAlive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process, or another one in its place. */
  async start(): Promise<void> {
    const env = { ...process.env, PORT: `${this.port}`, DATA: this.#data };
    this.#child = spawn(process.execPath, this.#command, {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const said = this.#child.stdout!.setEncoding('utf8');
    for await (const text of said.iterator({ destroyOnReturn: false })) {
      if (String(text).includes('listening')) break;
    }
    said.resume();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isAlive) return;
    const exit = once(this.#child!, 'exit');
    this.#child!.kill(signal);
    await exit;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.#data, { recursive: true });
  }

  /** Opens a session. @returns the headers of its later requests */
  async open(user: string): Promise<Headers> {
    const headers = { authorization: `Bearer ${user}` };
    const opened = await this.post({ id: 0, method: 'initialize', params: CLIENT }, headers);
    await opened.text();
    const id = opened.headers.get('mcp-session-id');
    const session = { ...headers, ...(id !== null && { 'mcp-session-id': id }) };
    await (await this.post({ method: 'notifications/initialized' }, session)).text();
    return session;
  }

  async call(session: Headers, name: string, id = 1, more: object = {}): Promise<Said> {
    const params = { name, arguments: {}, _meta: { progressToken: 7 }, ...more };
    try {
      const response = await this.post({ id, method: 'tools/call', params }, session);
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: undefined, text: String(error) };
    }
  }

  post(body: object, headers: Headers, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/mcp`, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
      headers: {
        'content-type': 'application/json',
        accept: ACCEPT,
        'mcp-protocol-version': REVISION,
        ...headers,
      },
      signal: signal ?? AbortSignal.timeout(WITHIN_MS),
    });
  }

  /** Takes a stream up again, and reads on until its text has something. */
  async resume(session: Headers, lastEventId: string, wanted: string): Promise<Said> {
    const headers = {
      accept: 'text/event-stream',
      'mcp-protocol-version': REVISION,
      'last-event-id': lastEventId,
      ...session,
    };
    const signal = AbortSignal.timeout(WITHIN_MS);
    const response = await fetch(`http://127.0.0.1:${this.port}/mcp`, { headers, signal });
    return { status: response.status, text: await readUntil(response, wanted) };
  }

  /** The status of an `initialize` with these headers: `fetch` sets no `Host`. */
  statusOf(headers: Headers): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const ask = request({
        port: this.port,
        host: '127.0.0.1',
        path: '/mcp',
        method: 'POST',
        agent: false,
      });
      const all = { 'content-type': 'application/json', accept: ACCEPT, ...headers };
      for (const [name, value] of Object.entries(all)) ask.setHeader(name, value);
      ask.on('error', reject).on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      ask.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: CLIENT }));
    });
  }
}

/** Reads a response up to where its text has something, or to its end, or to that of its signal. */
export async function readUntil(response: Response, wanted: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (text.includes(wanted)) break;
    }
  } catch {
    // What came before counts.
  }
  return text;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
