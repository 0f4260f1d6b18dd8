import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { type Attributes, type Meter, metrics, trace, type Tracer } from '@opentelemetry/api';
import type { Runtime } from '../../runtime.ts';
import { OTHER } from './attributes.ts';
import { observeCounts } from './counts.ts';
import { recordDurations } from './durations.ts';
import { Spans } from './spans.ts';

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /**
   * Meter for all metrics; `false` records no metrics.
   * @default the global provider's `mcp-actors`
   */
  readonly meter?: Meter | false;
  /** Tracer for all spans; `false` records no spans. @default the global provider's `mcp-actors` */
  readonly tracer?: Tracer | false;
  /**
   * Names of tools and prompts that metrics and spans tell apart; every other name is `_OTHER`.
   * @default no names at all
   */
  readonly targets?: readonly string[];
  /** Attributes of every value and span: they tell two runtimes of one process apart. */
  readonly attributes?: Attributes;
}

/** What {@link InstrumentOptions} knows. */
const INSTRUMENT_NAMES: NamesOf<InstrumentOptions> = {
  meter: true,
  tracer: true,
  targets: true,
  attributes: true,
};

const SCOPE = 'mcp-actors';

/**
 * Gives a runtime metrics and spans through the OpenTelemetry API, by the MCP conventions where
 * there are some. Call it once for each runtime, after the OpenTelemetry SDK has started: a meter
 * that the API hands out earlier never comes alive.
 *
 * Only spans name a session, by its loggable key, and no value of an attribute comes from the wire.
 *
 * @returns how to stop
 */
export function instrument(
  runtime: Pick<Runtime, 'limits' | 'on' | 'stats'>,
  options: InstrumentOptions = {},
): () => void {
  checkNames('instrument', options, INSTRUMENT_NAMES);
  const { attributes = {}, targets } = options;
  const { meter = metrics.getMeter(SCOPE), tracer = trace.getTracer(SCOPE) } = options;
  const shown = targets && new Set(targets);
  /** Tool or prompt of each request in flight, by the request's number, where names are shown. */
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
    // After the durations, which ask for the request's name.
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
