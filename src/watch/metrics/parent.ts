import {
  type Context,
  context,
  createTraceState,
  isSpanContextValid,
  type Link,
  propagation,
  type SpanContext,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { TraceContext } from '../../events/events.ts';

/** `version-trace-parent-flags`; a version later than 00 may have more fields behind. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Where the span of a request belongs: its parent context, and the spans it is linked to. */
export interface Parent {
  readonly context: Context;
  readonly links: Link[];
}

/**
 * The parent of a request's span: the context its client sent in `_meta`. The span of the HTTP
 * request that carried the message, if there is one, is linked then; where the client sent no
 * context, that span is the parent.
 *
 * `traceparent` is read even where no propagator is configured: MCP gives the field its meaning.
 */
export function parentOf(remote: TraceContext | undefined): Parent {
  const active = context.active();
  const carrying = trace.getSpanContext(active);
  if (remote === undefined) return { context: active, links: [] };
  let extracted = propagation.extract(active, remote);
  if (trace.getSpanContext(extracted) === carrying) {
    const said = spanContextOf(remote);
    if (said === undefined) return { context: extracted, links: [] };
    extracted = trace.setSpanContext(extracted, said);
  }
  return { context: extracted, links: carrying === undefined ? [] : [{ context: carrying }] };
}

function spanContextOf({ traceparent = '', tracestate }: TraceContext): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] =
    TRACEPARENT.exec(traceparent) ?? [];
  if (version === '00' && more !== undefined) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  const spanContext = {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}
