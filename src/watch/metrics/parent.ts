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

/** `version-trace-parent-flags`; a later version may say more behind it. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Where the span of a request belongs. */
export interface Parent {
  readonly context: Context;
  readonly links: Link[];
}

/**
 * The context of a request: what its client says in `_meta` is the parent, and the span of the HTTP
 * request that carried it, where one is there, is linked. Without a word of the client the carrying
 * span is the parent.
 *
 * `traceparent` is read where no propagator is configured as well: MCP gives it its meaning there.
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
