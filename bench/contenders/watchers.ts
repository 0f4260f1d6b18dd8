import { context, metrics } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Runtime } from '../../src/index.ts';
import { instrument } from '../../src/watch/metrics/index.ts';

/** Collects on demand: what a scrape costs is not a call's. */
class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** Takes every span and keeps none: what an exporter costs is its own. */
const forgetful: SpanProcessor = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

let heard = 0;
const hear = (): void => void heard++;

/** Who may listen to a runtime, by what it listens to. */
export const watchers = {
  /** Listened to everything and left: what remains must be nothing. */
  left(runtime: Runtime): void {
    const stops = [
      runtime.on('message', hear),
      runtime.on('session.transition', hear),
      runtime.on('request.began', hear),
      runtime.on('request.settled', hear),
    ];
    for (const stop of stops) stop();
  },
  transitions(runtime: Runtime): void {
    runtime.on('session.transition', hear);
  },
  messages(runtime: Runtime): void {
    runtime.on('message', hear);
  },
  /** As it is by default, where no SDK takes spans. */
  metrics(runtime: Runtime): void {
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new Reader()] }));
    instrument(runtime);
  },
  /** Metrics and spans, every one of them sampled. */
  spans(runtime: Runtime): void {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new Reader()] }));
    const provider = new BasicTracerProvider({ spanProcessors: [forgetful] });
    instrument(runtime, { tracer: provider.getTracer('bench') });
  },
};
