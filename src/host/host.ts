import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DrainReport } from '../actor/supervisor.ts';
import type { RuntimeStats } from '../events/counters.ts';
import type { RuntimeEventName, RuntimeEvents } from '../events/events.ts';
import type { HostScope } from './hostScope.ts';
import type { HostRequest } from './request.ts';

/** What your application has already found out about a request's caller. */
export interface CallerInfo {
  /** The caller's principal; where this is left out, the `principal` option is asked. */
  readonly principal?: string | undefined;
}

/** A scope a request has entered, and what the browser must be told to come back to this scope. */
export interface Entered<R> {
  readonly scope: HostScope<R>;
  /** Whether the scope was made for this request. */
  readonly isNew: boolean;
  /** Headers for your response: `Set-Cookie` where there is a cookie to set. */
  readonly headers: [string, string][];
  /**
   * The signed scope id, for a client that has no cookies and sends this token in the scope's
   * header. A secret: the token opens the scope for its principal. `undefined` where `scopeOf`
   * names the scope.
   */
  readonly token: string | undefined;
}

/** Keeps the actors around your application's own MCP clients: one scope per user. */
export interface Host<R> {
  /**
   * Gives the scope of a request: by `scopeOf`, else by header, then cookie, else a new scope.
   *
   * @throws ScopeRefused with the response to give: foreign host or origin (403), a scope id in the
   * header that is not the caller's (404), no room (503)
   */
  enter(request: HostRequest, known?: CallerInfo): Promise<Entered<R>>;
  /**
   * Finds the scope a request belongs to, as `enter` does, but never makes a scope.
   *
   * @throws ScopeRefused as `enter`; 404 where the caller has no scope
   */
  find(request: HostRequest, known?: CallerInfo): Promise<HostScope<R>>;
  /**
   * Answers a request with an event stream of the caller's own scope and no other, or with a
   * refusal. The stream resumes after `Last-Event-ID`. The response has no CORS headers.
   */
  events(request: Request, known?: CallerInfo): Promise<Response>;
  /** Answers a request with an event stream as `events` does, on node's http and on express. */
  nodeEvents(request: IncomingMessage, response: ServerResponse, known?: CallerInfo): Promise<void>;
  /** Listens to this host's events; a scope is a `session` there. A listener may throw. */
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
  /** Counts of this host, now and since its beginning; a session in them is a scope. */
  stats(): RuntimeStats;
  /** Whether new scopes are made: `false` while draining and after `close`. */
  readonly isReady: boolean;
  /** Refuses new scopes, lets work in flight finish until the deadline, ends every scope. */
  drain(options: { readonly deadlineMs: number }): Promise<DrainReport>;
  /** Ends every scope now. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
