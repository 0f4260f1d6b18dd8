import { type Attributes, type Meter, metrics, trace, type Tracer } from '@opentelemetry/api';
import type { Runtime } from '../../runtime.ts';
import { OTHER } from './attributes.ts';
import { observeCounts } from './counts.ts';
import { recordDurations } from './durations.ts';
import { Spans } from './spans.ts';

/** What {@link instrument} takes. */
export interface InstrumentOptions {
  /** `false`: no metrics. @default the global provider's meter `mcp-actors` */
  readonly meter?: Meter | false;
  /** `false`: no spans. @default the global provider's tracer `mcp-actors` */
  readonly tracer?: Tracer | false;
  /**
   * Tools and prompts that are told apart by name, in metrics and in spans; all others are `_OTHER`.
   * @default no names at all
   */
  readonly targets?: readonly string[];
  /** Of every value and span; tells two runtimes of one process apart. @default none */
  readonly attributes?: Attributes;
}

const SCOPE = 'mcp-actors';

/**
 * Gives a runtime metrics and spans through the OpenTelemetry API, by the MCP conventions where there
 * are some. Call it once for each runtime, after the SDK was started: the API hands out no meter
 * that comes alive later.
 *
 * Nothing in it names a session but the loggable key in spans, and no value of an attribute comes
 * from the wire.
 *
 * @returns how to stop
 */
export function instrument(
  runtime: Pick<Runtime, 'limits' | 'on' | 'stats'>,
  options: InstrumentOptions = {},
): () => void {
  const { attributes = {}, targets } = options;
  const { meter = metrics.getMeter(SCOPE), tracer = trace.getTracer(SCOPE) } = options;
  const shown = targets && new Set(targets);
  /** Of requests in flight, by number, where names are shown. */
  const names = new Map<number, string>();
  const spans = tracer === false ? undefined : new Spans(tracer, attributes);
  const stops: (() => void)[] = [];
  const needsBegan = shown !== undefined || spans !== undefined;
  if (needsBegan) {
    stops.push(
      runtime.on('request.began', (event) => {
        const target = shown && event.target();
        const name = target === undefined || shown?.has(target) === true ? target : OTHER;
        if (name !== undefined) names.set(event.request, name);
        spans?.begin(event, name);
      }),
    );
  }
  if (meter !== false) {
    stops.push(
      observeCounts(runtime, meter, attributes),
      recordDurations(runtime, meter, attributes, ({ request }) => names.get(request)),
    );
  }
  if (needsBegan) {
    // After the durations, which ask for the name.
    stops.push(
      runtime.on('request.settled', (event) => {
        spans?.end(event);
        names.delete(event.request);
      }),
    );
  }
  return () => {
    for (const stop of stops.splice(0)) stop();
    spans?.close();
    names.clear();
  };
}
