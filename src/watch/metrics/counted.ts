/** One instrument: its name, kind, unit and attributes, which the docs list. */
export interface Instrument {
  readonly name: string;
  readonly kind: 'Histogram' | 'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge';
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
}

/** An instrument that is read when a metrics reader collects. */
export interface Counted extends Instrument {
  readonly kind: Exclude<Instrument['kind'], 'Histogram'>;
}

/**
 * Makes instruments of one kind, each named below `mcp_actors.`.
 *
 * @param unitOf what a unit is of what the instruments are given: a noun in braces, unless said otherwise
 */
export function counted(kind: Counted['kind'], unitOf = (noun: string): string => `{${noun}}`) {
  return (suffix: string, unit: string, description: string, ...attributes: string[]): Counted => ({
    name: `mcp_actors.${suffix}`,
    kind,
    unit: unitOf(unit),
    description,
    attributes,
  });
}
