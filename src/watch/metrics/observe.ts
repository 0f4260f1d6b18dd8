import type { Attributes, BatchObservableCallback, Meter } from '@opentelemetry/api';
import type { Counted } from './counted.ts';

/** Values of one instrument, each with the value of the instrument's attribute. */
export type Values = Iterable<readonly [string, number]>;

/** The value of an instrument without an attribute. */
export function one(count: number): Values {
  return [['', count]];
}

/**
 * Shows values by their instruments, read whenever a metrics reader collects.
 *
 * @param common attributes of every value
 * @returns how to stop
 */
export function observe<N extends string>(
  meter: Meter,
  common: Attributes,
  counts: Readonly<Record<N, Counted>>,
  read: () => Readonly<Record<N, Values>>,
): () => void {
  // The keys of an object are its names.
  const observables = (Object.keys(counts) as N[]).map((count) => {
    const { name, kind, unit, description, attributes } = counts[count];
    const instrument = meter[`create${kind}`](name, { unit, description });
    return { count, instrument, attribute: attributes[0] };
  });
  const callback: BatchObservableCallback = (result) => {
    const values = read();
    for (const { count, instrument, attribute } of observables) {
      for (const [value, times] of values[count]) {
        const own = attribute === undefined ? common : { ...common, [attribute]: value };
        result.observe(instrument, times, own);
      }
    }
  };
  const all = observables.map(({ instrument }) => instrument);
  meter.addBatchObservableCallback(callback, all);
  return () => meter.removeBatchObservableCallback(callback, all);
}
