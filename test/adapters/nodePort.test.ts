import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { NodePort } from '../../src/adapters/nodePort.ts';
import { turn } from '../support/eventually.ts';
import { HttpReader } from '../support/httpReader.ts';
import { PlainWindow } from '../support/plainWindow.ts';
import type { PortClient, Received } from '../support/portClient.ts';
import { portContract, type PortRig } from '../support/portContract.ts';
import { SmallWindows } from '../support/smallWindows.ts';

interface Window {
  send(text: string): Promise<void>;
  read(bytes: number): Promise<string>;
  close(): Promise<void>;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** The client reads in small steps: what it has taken is close to what it was let read. */
const STEP = 16 * 1024;

class NodeClient implements PortClient {
  readonly #window: Window;
  /** The response before this one on the line, where there is one. */
  #before: ServerResponse | null;
  #head: HttpReader | null;
  readonly #reader = new HttpReader();
  #isBroken = false;

  constructor(window: Window, before: ServerResponse | null) {
    this.#window = window;
    this.#before = before;
    this.#head = before === null ? null : new HttpReader();
  }

  async read(bytes: number): Promise<Received> {
    this.#before?.end('before');
    this.#before = null;
    const reader = this.#reader;
    const isThere = (): boolean => reader.status !== undefined && reader.body.length >= bytes;
    while (!isThere() && !reader.isWhole && !this.#isBroken) {
      const text = await this.#window.read(STEP);
      this.#isBroken = text === '';
      const own = this.#head === null ? text : this.#head.push(text);
      if (this.#head?.isWhole === true) this.#head = null;
      reader.push(own);
    }
    const { status, headers, body, isWhole } = reader;
    return { status, headers, body, isWhole };
  }

  async leave(): Promise<void> {
    await this.#window.close();
  }
}

/** @param isPiped each response is behind another one on its line, which ends with the first read */
async function rig(
  dial: (port: number) => Promise<Window>,
  swallowed: number,
  isPiped = false,
): Promise<PortRig> {
  const responses: ServerResponse[] = [];
  const server = createServer((_, response) => {
    responses.push(response);
    server.emit('asked');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    swallowed,
    async open() {
      const window = await dial(port);
      const count = isPiped ? 2 : 1;
      await window.send(REQUEST.repeat(count));
      while (responses.length < count) await once(server, 'asked');
      const [first, last = first] = responses.splice(0);
      const client = new NodeClient(window, isPiped ? first! : null);
      return { port: new NodePort(last!, []), client };
    },
  };
}

/** A client of http/2: a stream has its own window, and takes no more than is read of it. */
class Http2Client implements PortClient {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  #status: number | undefined;
  #headers: Record<string, string> = {};
  #body = '';
  #end: 'whole' | 'broken' | undefined;

  constructor(session: ClientHttp2Session, stream: ClientHttp2Stream) {
    this.#session = session;
    this.#stream = stream;
    stream.on('response', ({ ':status': status, ...headers }) => {
      this.#status = status;
      this.#headers = headers as Record<string, string>;
    });
    stream.on('end', () => (this.#end ??= stream.rstCode === 0 ? 'whole' : 'broken'));
    stream.on('aborted', () => (this.#end = 'broken'));
    stream.on('error', () => (this.#end = 'broken'));
    stream.on('close', () => (this.#end ??= 'broken'));
  }

  async read(bytes: number): Promise<Received> {
    const isThere = (): boolean => this.#status !== undefined && this.#body.length >= bytes;
    while (!isThere() && this.#end === undefined) {
      const data = this.#stream.read() as Buffer | null;
      if (data !== null) this.#body += data.toString('latin1');
      else await turn();
    }
    const isWhole = this.#end === 'whole';
    return { status: this.#status, headers: this.#headers, body: this.#body, isWhole };
  }

  async leave(): Promise<void> {
    this.#session.destroy();
  }
}

async function http2Rig(): Promise<PortRig> {
  const server = http2.createServer((_, response) => server.emit('asked', response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    // Its window, and what the stream has read ahead.
    swallowed: 256 * 1024,
    async open() {
      const asked = once(server, 'asked');
      const session = http2.connect(`http://127.0.0.1:${port}`);
      const client = new Http2Client(session, session.request({ ':path': '/' }));
      const [response] = (await asked) as [Http2ServerResponse];
      return { port: new NodePort(response, []), client };
    },
  };
}

portContract('NodePort on http/2', http2Rig);

if (SmallWindows.areThere) {
  const windows = new SmallWindows();
  afterAll(() => windows.close());
  const open = (isPiped: boolean) =>
    rig((port) => windows.connect(port), SmallWindows.SWALLOWED, isPiped);
  portContract('NodePort', () => open(false));
  portContract('NodePort behind another on its line', () => open(true));
} else
  portContract('NodePort', () => rig((port) => PlainWindow.connect(port), PlainWindow.SWALLOWED));
