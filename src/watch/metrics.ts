export { instrument, type InstrumentOptions } from './metrics/instrument.ts';
