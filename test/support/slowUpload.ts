import http from 'node:http';
import type { DoorKind } from './door.ts';
import { MEDIA, type RawClient } from './rawClient.ts';
import type { Rpc } from './reply.ts';
import type { Rig } from './rig.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** What came back for an upload. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: Rpc;
}

/** A POST of which a test decides when each part of the body comes. */
export interface SlowUpload {
  /** The answer, whole. */
  readonly answer: Promise<Answer>;
  /** How much of what was sent the server has asked for; on a socket, that is not to be seen. */
  readonly taken: number;
  send(part: string): void;
  end(): void;
  /** The client goes away. */
  leave(): void;
}

/** Starts a POST without a length, unless the headers declare one. */
export function startSlowUpload(
  kind: DoorKind,
  rig: Pick<Rig, 'runtime' | 'door'>,
  client: RawClient,
  headers: Headers = {},
): SlowUpload {
  const all = client.headers({ ...MEDIA, ...headers });
  return kind === 'fetch' ? overFetch(rig, all) : overSocket(rig, all);
}

function overSocket({ door }: Pick<Rig, 'door'>, headers: Record<string, string>): SlowUpload {
  const target = { host: '127.0.0.1', port: door.port, path: '/mcp', agent: false };
  const upload = http.request({ ...target, method: 'POST', headers });
  upload.flushHeaders();
  const answer = new Promise<Answer>((resolve) => {
    upload.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (data: string) => {
        text += data;
        // The end may wait until the client stops sending.
        if (text.length < Number(response.headers['content-length'])) return;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          message: parse(text),
        });
      });
    });
  });
  // The server closes connections on which it reads no more.
  upload.on('error', () => {});
  return {
    answer,
    taken: NaN,
    send: (part) => void upload.write(part),
    end: () => void upload.end(),
    leave: () => void upload.destroy(),
  };
}

function overFetch({ runtime, door }: Pick<Rig, 'runtime' | 'door'>, headers: object): SlowUpload {
  const encoder = new TextEncoder();
  const parts = new Parts();
  const leaving = new AbortController();
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = await parts.next();
        if (part === null) return controller.close();
        taken += part.length;
        controller.enqueue(part);
      },
    },
    { highWaterMark: 0 },
  );
  // The types of the fetch API do not know `duplex` yet, and the API asks for it.
  const init = { method: 'POST', headers, body, duplex: 'half', signal: leaving.signal };
  const asked = new Request(`http://${door.host}/mcp`, init as RequestInit);
  const answer = runtime.fetch(asked).then(async (response) => ({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    message: parse(await response.text()),
  }));
  return {
    answer,
    get taken() {
      return taken;
    },
    send: (part) => parts.push(encoder.encode(part)),
    end: () => parts.push(null),
    leave: () => leaving.abort(),
  };
}

/** Parts of a body that wait until they are asked for; `null` is its end. */
class Parts {
  readonly #waiting: (Uint8Array | null)[] = [];
  #asked: ((part: Uint8Array | null) => void) | null = null;

  push(part: Uint8Array | null): void {
    const asked = this.#asked;
    this.#asked = null;
    if (asked === null) this.#waiting.push(part);
    else asked(part);
  }

  next(): Promise<Uint8Array | null> {
    const part = this.#waiting.shift();
    if (part !== undefined) return Promise.resolve(part);
    return new Promise((resolve) => (this.#asked = resolve));
  }
}

function parse(text: string): Rpc {
  return text === '' ? {} : (JSON.parse(text) as Rpc);
}
