import http from 'node:http';
import https from 'node:https';
import { Reply } from './reply.ts';

/** One HTTP request that is to be sent. */
export interface HttpAsk {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the request is, for reports. */
  readonly what: string;
}

/** Sends one request on a socket of its own: no request of a test waits behind another. */
export function send(url: URL, ask: HttpAsk, timeoutMs: number): Reply {
  const { request } = url.protocol === 'https:' ? https : http;
  const { method, headers, body } = ask;
  const sent = request(url, { method, headers, agent: false }, (response) => {
    reply.begin(response.statusCode ?? 0, response.headers);
    response.setEncoding('utf8');
    response.on('data', (text: string) => reply.push(text));
    response.on('end', () => reply.finish('ended by the server'));
    response.on('close', () => reply.finish('broken'));
    response.on('error', () => reply.finish('broken'));
  });
  const reply = new Reply(ask.what, timeoutMs, () => sent.destroy());
  sent.on('error', ({ message }) => reply.finish(message));
  sent.end(body);
  return reply;
}
