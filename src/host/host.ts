import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DrainReport } from '../actor/supervisor.ts';
import type { RuntimeStats } from '../events/counters.ts';
import type { RuntimeEventName, RuntimeEvents } from '../events/events.ts';
import type { HostScope } from './hostScope.ts';
import type { HostRequest } from './request.ts';

/** What your application has already found out about a request. */
export interface CallerInfo {
  /** Who calls; asked of the `principal` option where it is left out. */
  readonly principal?: string | undefined;
}

/** A scope, and what its browser must be told to come back to it. */
export interface Entered<R> {
  readonly scope: HostScope<R>;
  /** It was made for this request. */
  readonly isNew: boolean;
  /** Headers for your response: `Set-Cookie` where there is a cookie to set. */
  readonly headers: [string, string][];
  /**
   * What the scope's header would carry, for a client that has no cookies. A secret: it opens the
   * scope for its principal. `undefined` where `scopeOf` names it.
   */
  readonly token: string | undefined;
}

/** The actors around your application's own MCP clients: one scope per user of it. */
export interface Host<R> {
  /**
   * The scope a request belongs to: by `scopeOf`, else by header, then cookie, else a new one.
   *
   * @throws ScopeRefused with the response to give: foreign host or origin (403), an id in the
   * header that is not the caller's (404), no room (503)
   */
  enter(request: HostRequest, known?: CallerInfo): Promise<Entered<R>>;
  /**
   * The same, of scopes there are: makes none.
   *
   * @throws ScopeRefused as `enter`; 404 where there is none
   */
  find(request: HostRequest, known?: CallerInfo): Promise<HostScope<R>>;
  /**
   * An event stream of the request's own scope and no other, refusals included. Resumes after
   * `Last-Event-ID`. Sends no CORS headers.
   */
  events(request: Request, known?: CallerInfo): Promise<Response>;
  /** The same on node's http, and on express. */
  nodeEvents(request: IncomingMessage, response: ServerResponse, known?: CallerInfo): Promise<void>;
  /** Listens to what happens; a scope is a `session` here. A listener that throws disturbs nobody. */
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
  /** Counts, now and since the beginning; a scope is a session here. */
  stats(): RuntimeStats;
  /** New scopes are made: `false` while draining and after `close`. */
  readonly isReady: boolean;
  /** Refuses new scopes, lets work in flight finish, ends every scope. */
  drain(options: { readonly deadlineMs: number }): Promise<DrainReport>;
  /** Ends everything now. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
