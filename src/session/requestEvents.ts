import type { Carrier, RequestOutcome, TraceContext, Within } from '../events/events.ts';
import type { Services } from '../events/services.ts';
import { targetOf } from '../events/targetOf.ts';
import type { RequestMessage, ResponseMessage } from '../wire/jsonrpc.ts';
import type { Ask } from './envelope.ts';

/** Longest trace header handed on, in characters: what W3C gives the longest one, `baggage`. */
const MAX_TRACE_LENGTH = 8192;

/** The session of a request, as the request's events name it. */
export interface RequestSource {
  readonly key: string;
  readonly services: Services;
  readonly carrier: Carrier;
  readonly protocolVersion: string | undefined;
}

/** Announces a request that was taken in. Called only while request events have a listener. */
export function announceBegan(session: RequestSource, ask: Ask): void {
  const { events } = session.services;
  const { message } = ask;
  const watched: NonNullable<Ask['watched']> = { number: ++events.lastRequest, within: null };
  ask.watched = watched;
  // A listener to `request.settled` alone has no use for the rest.
  if (events.listeners('request.began') === 0) return;
  events.emit('request.began', {
    at: ask.since,
    session: session.key,
    request: watched.number,
    method: message.method,
    protocolVersion: session.protocolVersion,
    carrier: session.carrier,
    trace: traceOf(message),
    target: () => (message.method.startsWith('resources/') ? undefined : targetOf(message)),
    within: (run) => {
      const outer = watched.within;
      watched.within = outer === null ? run : (handle) => outer(() => run(handle));
    },
  });
}

/** Announces the end of a request whose beginning was announced. */
export function announceSettled(
  session: RequestSource,
  ask: Ask,
  outcome: RequestOutcome,
  errorCode?: number,
): void {
  if (ask.watched === null) return;
  const at = session.services.clock.now();
  session.services.events.emit('request.settled', {
    at,
    session: session.key,
    request: ask.watched.number,
    method: ask.message.method,
    protocolVersion: session.protocolVersion,
    carrier: session.carrier,
    ms: at - ask.since,
    outcome,
    errorCode,
  });
}

export function outcomeOf({ error, result }: ResponseMessage): RequestOutcome {
  if (error !== undefined) return 'error';
  return result?.['isError'] === true ? 'failed' : 'answered';
}

/**
 * Hands a request to its server inside a listener's wrapper, such as a span. Whatever the wrapper
 * does, the request is handed over once, and in this turn.
 */
export function handleWithin(
  run: Within,
  handle: () => void,
  { events }: Pick<Services, 'events'>,
): void {
  let isHandled = false;
  const once = (): void => {
    if (isHandled) return;
    isHandled = true;
    handle();
  };
  try {
    run(once);
  } catch (error) {
    events.emit('observer.failed', { event: 'request.began', error });
  }
  once();
}

function traceOf({ params }: RequestMessage): TraceContext | undefined {
  // `_meta` is an object, or the message would not have been read as a request.
  const meta = params?.['_meta'] as Readonly<Record<string, unknown>> | undefined;
  if (meta === undefined) return undefined;
  const traceparent = headerOf(meta['traceparent']);
  const tracestate = headerOf(meta['tracestate']);
  const baggage = headerOf(meta['baggage']);
  if (traceparent === undefined && baggage === undefined) return undefined;
  return { traceparent, tracestate, baggage };
}

function headerOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TRACE_LENGTH ? value : undefined;
}
