import { END_REASONS, sessionMachine } from '../../../machines/session.ts';
import { SESSION_EFFECTS } from '../../../machines/step.ts';
import { SUPERVISOR_EVENTS, SUPERVISOR_STATES } from '../../../machines/supervisor.ts';
import { STATE_PATHS } from '../../../machines/states.ts';
import { CALL_EVENTS, CALL_PATHS } from './callCourse.ts';
import { ENDINGS, FORMAT, FORMAT_VERSION, KEPT, type RecordingLine } from './line.ts';
import { RecordingError } from './recordingError.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const oneOf = (values: readonly unknown[]): Check => {
  const set = new Set(values);
  return (value) => set.has(value);
};
const isText: Check = (value) => typeof value === 'string';
const isObject: Check = (value) => typeof value === 'object' && value !== null;
const isBoolean: Check = (value) => typeof value === 'boolean';
const isEvent = oneOf(sessionMachine.events);
const isEffect = oneOf(SESSION_EFFECTS);
const isReason = oneOf(END_REASONS);
const isSupervisorState = oneOf(SUPERVISOR_STATES);

/** The member beside its type that an event of a session has. */
const EVENT_MEMBERS: ReadonlyMap<unknown, readonly [member: string, check: Check]> = new Map([
  ['session.opened', ['sleeps', isBoolean]],
  ['session.recalled', ['confirmed', isBoolean]],
  ['session.close', ['reason', isReason]],
  ['session.crashed', ['restart', isBoolean]],
]);

type Members = Readonly<Record<string, readonly [Check, string]>>;

const REASON = [isReason, 'no reason: %'] as const;
/** The members of a step that sessions and handles make. */
const PLACES: Members = {
  from: [oneOf(['new', ...STATE_PATHS]), 'no state: %'],
  to: [oneOf(STATE_PATHS), 'no state: %'],
  effects: [(value) => Array.isArray(value) && value.every(isEffect), 'no effects: %'],
};

/** The members of lines that a replay uses, and what is said of a value that is wrong, `%`. */
const CHECKS: {
  readonly [T in RecordingLine['type']]?: Members;
} = {
  header: {},
  transition: {
    session: [isText, 'a transition without a session'],
    event: [isSessionEvent, 'no event of a session: %'],
    ...PLACES,
  },
  supervisor: {
    event: [oneOf(SUPERVISOR_EVENTS), 'no event: %'],
    from: [isSupervisorState, 'no state: %'],
    to: [isSupervisorState, 'no state: %'],
  },
  handle: {
    handle: [isText, 'a step without a handle'],
    event: [isSessionEvent, 'no event of a handle: %'],
    ...PLACES,
  },
  'handle-ended': { handle: [isText, 'an end without a handle'], reason: REASON },
  'handle-kept': { handle: [isText, 'a kept handle without its key'] },
  call: {
    session: [isText, 'a call without a session'],
    call: [Number.isInteger, 'a call without a number'],
    event: [oneOf(CALL_EVENTS), 'no event of a call: %'],
    from: [oneOf(CALL_PATHS), 'no state: %'],
    to: [oneOf(CALL_PATHS), 'no state: %'],
  },
  actor: {
    session: [isText, 'a step of an actor without a session'],
    actor: [isText, 'a step without an actor'],
    event: [isText, 'no event of an actor: %'],
    from: [isText, 'no state: %'],
    to: [isText, 'no state: %'],
  },
  chart: {
    chart: [Number.isInteger, 'a chart without a number'],
    machine: [isText, 'a chart without a machine'],
    definition: [isObject, 'no chart: %'],
  },
  ended: { session: [isText, 'an end without a session'], reason: REASON },
  kept: { session: [isText, 'a kept session without its key'] },
  dropped: { lines: [Number.isInteger, 'no count of dropped lines'] },
  end: { why: [oneOf(ENDINGS), 'no end: %'] },
};

const isKnown = oneOf([...Object.keys(CHECKS), ...Object.values(KEPT).map(({ type }) => type)]);

/**
 * Reads one line of a recording. A file can come from anywhere, so every member that a replay steps
 * the machine with is checked. A line of a type this version does not know is `undefined`.
 *
 * @param number of the line, counted from 1
 * @throws RecordingError
 */
export function parseLine(text: string, number: number): RecordingLine | undefined {
  const line = objectOf(text, number);
  const type = line['type'] as RecordingLine['type'];
  if (number === 1) checkHeader(line);
  else if (type === 'header') throw corrupt(number, 'a second header');
  if (typeof type !== 'string') throw corrupt(number, 'a line without a type');
  if (!isKnown(type)) return undefined;
  for (const [member, [isRight, fault]] of Object.entries(CHECKS[type] ?? {})) {
    if (isRight(line[member])) continue;
    const value = (JSON.stringify(line[member]) ?? 'nothing').slice(0, 100);
    throw corrupt(
      number,
      fault.replace('%', () => value),
    );
  }
  // The rest is shown by a replay and not used: it is not checked.
  return line as unknown as RecordingLine;
}

function objectOf(text: string, number: number): Fields {
  const value = jsonOf(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  if (number === 1) throw new RecordingError('not-a-recording', 1, 'this is no recording');
  throw corrupt(number, 'this is no JSON object');
}

/** The value of a JSON text; `undefined` where the text is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws RecordingError */
function checkHeader({ type, format, formatVersion }: Fields): void {
  if (type !== 'header' || format !== FORMAT) {
    throw new RecordingError('not-a-recording', 1, 'this is no header of a recording');
  }
  if (typeof formatVersion === 'number' && formatVersion <= FORMAT_VERSION) return;
  throw new RecordingError(
    'newer-format',
    1,
    `format ${JSON.stringify(formatVersion)} is newer than ${FORMAT_VERSION}: replay it with a newer version`,
  );
}

/** Whether a value holds members of closed sets only: steps are remembered by an event's text. */
function isSessionEvent(event: unknown): boolean {
  if (typeof event !== 'object' || event === null) return false;
  const { type } = event as Fields;
  const [member, isRight] = EVENT_MEMBERS.get(type) ?? ['type', isEvent];
  return isRight((event as Fields)[member]);
}

function corrupt(number: number, fault: string): RecordingError {
  return new RecordingError('corrupt', number, fault);
}
