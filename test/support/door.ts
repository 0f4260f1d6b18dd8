import http from 'node:http';
import type { Runtime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { Reply } from './reply.ts';

export interface Ask {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** The client goes away before there is a response. */
  readonly signal?: AbortSignal;
}

/** A way into a runtime, spoken to in raw requests. */
export interface Door {
  readonly host: string;
  /** 0 where there is no socket. */
  readonly port: number;
  /** Resolves with the head of the response; its body goes on arriving. */
  send(ask: Ask): Promise<Reply>;
  close(): Promise<void>;
}

export type DoorKind = 'node http' | 'fetch';
export const DOORS = ['node http', 'fetch'] as const;

export function openDoor(kind: DoorKind, runtime: Runtime): Promise<Door> {
  return kind === 'fetch' ? openFetchDoor(runtime) : openNodeDoor(runtime);
}

async function openNodeDoor(runtime: Runtime): Promise<Door> {
  // Stray errors of a test are vitest's to see.
  const host = await serve(runtime, { port: 0, contain: false });
  const { port, server } = host;
  return {
    host: `127.0.0.1:${port}`,
    port,
    send: (ask) => sendOverSocket(port, ask),
    async close() {
      server.closeAllConnections();
      await host.close({ deadlineMs: 1 });
    },
  };
}

export function sendOverSocket(
  port: number,
  { method, headers, body, signal }: Ask,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        path: '/mcp',
        method,
        headers,
        // One socket each: no request waits behind another one of the test.
        agent: false,
        ...(signal && { signal }),
      },
      (response) => {
        const reply = new Reply(response.statusCode ?? 0, flat(response.headers), () =>
          request.destroy(),
        );
        response.setEncoding('utf8');
        response.on('data', (text: string) => reply.push(text));
        response.on('end', () => reply.finish('ended'));
        response.on('error', () => reply.finish('broken'));
        response.on('close', () => reply.finish('broken'));
        resolve(reply);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function openFetchDoor(runtime: Runtime): Promise<Door> {
  return {
    host: '127.0.0.1:3000',
    port: 0,
    async send({ method, headers, body, signal }) {
      const leaving = new AbortController();
      signal?.addEventListener('abort', () => leaving.abort());
      const request = new Request('http://127.0.0.1:3000/mcp', {
        method,
        headers,
        signal: leaving.signal,
        ...(body !== undefined && { body: body as BodyInit }),
      });
      const response = await runtime.fetch(request);
      const reader = response.body?.getReader();
      const reply = new Reply(response.status, Object.fromEntries(response.headers), () => {
        leaving.abort();
        void reader?.cancel();
      });
      void pump(reader, reply);
      return reply;
    },
    close: () => runtime.close(),
  };
}

async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  reply: Reply,
): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return reply.finish('ended');
      reply.push(decoder.decode(chunk.value, { stream: true }));
    }
  } catch {
    reply.finish('broken');
  }
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
