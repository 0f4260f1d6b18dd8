import { isPlainData } from '../session/plainData.ts';
import { scanValue } from '../wire/scan.ts';
import { type KindName, tooLong } from './handleError.ts';
import type { HandleSettings } from './options.ts';

/** Arrays and objects in each other that an input is looked into. */
const MAX_INPUT_DEPTH = 128;

interface InputHost extends KindName {
  readonly settings: HandleSettings;
  readonly services: { tripped(limit: 'maxInputBytes'): void };
}

/** What comes in a call is bounded where it outlives the call. @throws HandleError */
export function checkInput(kind: InputHost, input: unknown): void {
  const { limits, reopens } = kind.settings;
  // What is no data came from nobody's message, and no handle sleeps with it.
  if (!reopens || !isPlainData(input)) return;
  const bytes = scanValue(input, MAX_INPUT_DEPTH, limits.maxInputBytes);
  if (typeof bytes === 'number' && bytes <= limits.maxInputBytes) return;
  kind.services.tripped('maxInputBytes');
  throw tooLong(kind, limits.maxInputBytes);
}
