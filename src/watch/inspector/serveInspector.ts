import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '../../adapters/listen.ts';
import { FORMAT, FORMAT_VERSION } from '../recorder/line.ts';
import { Loopback } from '../loopback.ts';
import { queryOf } from '../../wire/target.ts';
import { libraryVersion } from '../version.ts';
import { PAGE } from './assets/page.ts';
import { Actors } from './actors.ts';
import { Calls } from './calls.ts';
import { detailOf } from './detail.ts';
import { Feed } from './feed.ts';
import { Handles } from './handles.ts';
import type { Line } from './lines.ts';
import { Machines } from './machines.ts';
import { exported } from './names.ts';
import { Nodes } from './nodes.ts';
import { type InspectorOptions, settleInspector } from './options.ts';
import { Viewer } from './viewer.ts';
import { Watch } from './watch.ts';
import type { Inspected } from './inspected.ts';

/** A page that shows a runtime, and its server. */
export interface Inspector {
  /** URL of the page, with the token in it: anyone who has the URL sees every session. */
  readonly url: string;
  /** Stops listening and lets go of every page. The runtime goes on. */
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connections at once: each page asks for the selected session several times a second. */
const MAX_CONNECTIONS = 128;
const HEAD_MS = 10_000;
const JSON_LINES = 'application/x-ndjson; charset=utf-8';

/**
 * Serves a page on loopback that shows every session of a runtime, live and read-only. The page
 * uses no network but its own server. The inspector listens to the runtime at once, so that a page
 * opened later can show what has been.
 *
 * Needs no build: the page is part of the package.
 *
 * @throws ActorsError `bad-option`
 * @throws errors of `listen`: `EADDRINUSE`, `EACCES`
 */
export async function serveInspector(
  runtime: Inspected,
  options: InspectorOptions = {},
): Promise<Inspector> {
  const settings = settleInspector(options);
  const { host, token, clock, maxViewers, maxViewerBytes } = settings;
  // Events are dated by the clock of the runtime, not of the inspector.
  const machines = new Machines(settings.machines, runtime);
  const watch = new Watch(runtime, settings);
  const nodes = new Nodes(runtime);
  const lists = { calls: new Calls(runtime), handles: new Handles(runtime), nodes };
  const actors = new Actors(runtime, settings.contexts);
  const feed = new Feed(watch, machines, lists, settings);
  const loopback = new Loopback(token);
  const viewers = new Set<Viewer>();

  const view = (response: ServerResponse, name?: string): Viewer | undefined => {
    if (viewers.size >= maxViewers) {
      refuse(response, 503);
      return undefined;
    }
    const disposition = name && { 'Content-Disposition': `attachment; filename="${name}"` };
    response.writeHead(200, { ...SECURITY, 'Content-Type': JSON_LINES, ...disposition });
    response.flushHeaders();
    const viewer = new Viewer(response, maxViewerBytes, clock);
    viewers.add(viewer);
    viewer.whenGone(() => viewers.delete(viewer));
    return viewer;
  };

  const show = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { origin, host: name } = request.headers;
    // Another port of loopback is as foreign as any other origin.
    const isSameOrigin = origin === undefined || origin === `http://${name}`;
    if (!loopback.allowsHost(request) || !isSameOrigin) return refuse(response, 403);
    // A wrong token gets the answer of a wrong path: a guess shows nothing.
    const behind = loopback.pathBehind(request);
    if (behind === undefined || behind === '') return refuse(response, 404);
    if (request.method !== 'GET') return refuse(response, 405);
    const path = behind.slice(1);
    const file = PAGE.get(path);
    if (file !== undefined) return send(response, file.type, file.text);
    if (path === 'feed') {
      const viewer = view(response);
      return viewer && (await feed.serve(viewer));
    }
    if (path === 'export.jsonl') {
      const viewer = view(response, 'sessions.jsonl');
      await viewer?.writeAll(linesOf(watch));
      return viewer?.end();
    }
    if (path === 'charts')
      return send(response, 'application/json', JSON.stringify(machines.drawn));
    const [, number] = /^chart\/(\d{1,4})$/.exec(path) ?? [];
    const chart = number === undefined ? undefined : actors.chart(Number(number));
    if (chart !== undefined) return send(response, 'image/svg+xml', chart);
    const [, key] = /^session\/([a-z0-9]{1,64})$/.exec(path) ?? [];
    if (key === undefined) return refuse(response, 404);
    const query = new URLSearchParams(queryOf(request.url));
    const after = Number(query.get('after') ?? 0) || 0;
    send(
      response,
      'application/json',
      JSON.stringify(await detailOf({ watch, actors }, key, after)),
    );
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    show(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  };
  const stop = (): void => {
    feed.close();
    watch.stop();
    lists.calls.stop();
    lists.handles.stop();
    machines.stop();
  };
  const listening = await listen(
    { port: settings.port, host, maxConnections: MAX_CONNECTIONS, headersTimeout: HEAD_MS },
    answer,
  ).catch((error: unknown) => {
    stop();
    throw error;
  });
  // A watching inspector does not keep the process alive.
  listening.server.unref();
  const close = (): Promise<void> => {
    stop();
    return listening.close();
  };
  return { url: `${listening.origin}/${token}/`, close, [Symbol.asyncDispose]: close };
}

/** The kept lines as a recording, so that whatever replays recordings replays an export. */
function* linesOf({ history, runtime }: Watch): Iterable<string> {
  const kept = history.all().map(({ line }) => exported(line));
  const now = runtime.now();
  const at = kept[0]?.at ?? now;
  const format = { format: FORMAT, formatVersion: FORMAT_VERSION } as const;
  const lines: Line[] = [
    { type: 'header', ...format, version: libraryVersion(), at, messages: true },
    ...kept,
    { type: 'end', at: now, why: 'closed', lines: kept.length + 1, dropped: 0 },
  ];
  for (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** Lets a page run its own script, use its own style, read from its own server; nothing else. */
const SECURITY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

const REFUSALS = {
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'Failed',
  503: 'Too many pages are open',
} as const;

function refuse(response: ServerResponse, status: keyof typeof REFUSALS): void {
  const allow = status === 405 && { Allow: 'GET' };
  response.writeHead(status, { ...SECURITY, 'Content-Type': 'text/plain', ...allow });
  response.end(`${REFUSALS[status]}\n`);
}

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { ...SECURITY, 'Content-Type': type }).end(text);
}
