import type { Attributes, Meter } from '@opentelemetry/api';
import {
  type DataPoint,
  type Histogram,
  type MetricData,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

/** Collects when a test says so. */
class OnDemand extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** The metrics SDK, read on demand. */
export class MetricRig {
  readonly #reader = new OnDemand();
  readonly meter: Meter = new MeterProvider({ readers: [this.#reader] }).getMeter('test');

  /** Everything there is now. */
  async collect(): Promise<MetricData[]> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  }

  /** The points of one instrument; none where nothing was recorded. */
  async points(name: string): Promise<DataPoint<unknown>[]> {
    const found = (await this.collect()).find(({ descriptor }) => descriptor.name === name);
    return found?.dataPoints ?? [];
  }

  /** What the points of a histogram hold. */
  async histograms(name: string): Promise<Histogram[]> {
    return (await this.points(name)).map(({ value }) => value as Histogram);
  }

  /** Values by the one attribute of an instrument. */
  async values(name: string, attribute: string): Promise<Record<string, unknown>> {
    const points = await this.points(name);
    const rows = points.map(({ attributes, value }) => [String(attributes[attribute]), value]);
    return Object.fromEntries(rows) as Record<string, unknown>;
  }

  /** The attributes an instrument was seen with. */
  async seen(name: string): Promise<Attributes[]> {
    return (await this.points(name)).map(({ attributes }) => attributes);
  }
}
