import {
  type Attributes,
  context,
  isSpanContextValid,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { RequestBegan, RequestSettled } from '../../events/events.ts';
import {
  ERROR_TYPE,
  failureAttributes,
  methodOf,
  requestAttributes,
  SESSION,
} from './attributes.ts';
import { parentOf } from './parent.ts';

/** One server span for each request, from its arrival to its answer; its handler runs inside. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #common: Attributes;
  /** Spans of the requests in flight, by the request's number. */
  readonly #open = new Map<number, Span>();

  constructor(tracer: Tracer, common: Attributes) {
    this.#tracer = tracer;
    this.#common = common;
  }

  begin(event: RequestBegan, target: string | undefined): void {
    const parent = parentOf(event.trace);
    const own = requestAttributes(event, target);
    const attributes = { ...this.#common, ...own, [SESSION]: event.session };
    const method = methodOf(event.method);
    const span = this.#tracer.startSpan(
      target === undefined ? method : `${method} ${target}`,
      { kind: SpanKind.SERVER, links: parent.links, attributes },
      parent.context,
    );
    // Without an SDK and without a parent there is no context for the handler to run in.
    if (!isSpanContextValid(span.spanContext())) return;
    const inside = trace.setSpan(parent.context, span);
    event.within((handle) => context.with(inside, handle));
    this.#open.set(event.request, span);
  }

  end(event: RequestSettled): void {
    const span = this.#open.get(event.request);
    if (span === undefined) return;
    this.#open.delete(event.request);
    const failure = failureAttributes(event);
    // An `initialize` begins without a protocol revision; its answer settles the revision.
    span.setAttributes({ ...requestAttributes(event, undefined), ...failure });
    if (failure[ERROR_TYPE] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  /** Ends the open spans: no later event of their requests will be heard. */
  close(): void {
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
  }
}
