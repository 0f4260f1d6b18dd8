import { END_REASONS, type SessionEvent, sessionMachine } from '../../../machines/session.ts';
import { SESSION_EFFECTS } from '../../../machines/step.ts';
import { SUPERVISOR_EVENTS, SUPERVISOR_STATES } from '../../../machines/supervisor.ts';
import type { Beginning } from '../../events/events.ts';
import { STATE_PATHS } from '../../../machines/states.ts';
import { type EndLine, FORMAT, FORMAT_VERSION, type RecordingLine } from './line.ts';
import { RecordingError } from './recordingError.ts';

type Fields = Readonly<Record<string, unknown>>;

const EVENTS = new Set<string>(sessionMachine.events);
const STATES = new Set<string>(STATE_PATHS);
const EFFECTS = new Set<string>(SESSION_EFFECTS);
const REASONS = new Set<string>(END_REASONS);
const ENDS = new Set<string>(['closed', 'full', 'rotated'] satisfies EndLine['why'][]);
const SUPERVISOR = { events: new Set<string>(SUPERVISOR_EVENTS), states: SUPERVISOR_STATES };

/**
 * Reads one line of a recording. A file can come from anywhere, so every member that a replay steps
 * the machine with is checked. A line of a type this version does not know is `undefined`.
 *
 * @param number of the line, counted from 1
 * @throws RecordingError
 */
export function parseLine(text: string, number: number): RecordingLine | undefined {
  const line = objectOf(text, number);
  const fault = number === 1 ? headerFault(line, number) : faultOf(line);
  if (fault !== undefined) throw new RecordingError('corrupt', number, fault);
  // Lines that a replay only shows, and does not use, are not checked further.
  return KNOWN.has(line['type'] as string) ? (line as unknown as RecordingLine) : undefined;
}

const KNOWN = new Set<string>([
  'header',
  'transition',
  'supervisor',
  'started',
  'ended',
  'crashed',
  'slept',
  'woken',
  'pinned',
  'orphan',
  'limit',
  'store',
  'deadletter',
  'message',
  'question',
  'dropped',
  'end',
] satisfies RecordingLine['type'][]);

function objectOf(text: string, number: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  if (number === 1) throw new RecordingError('not-a-recording', 1, 'this is no recording');
  throw new RecordingError('corrupt', number, 'this is no JSON object');
}

function headerFault({ type, format, formatVersion }: Fields, number: number): undefined {
  if (type !== 'header' || format !== FORMAT) {
    throw new RecordingError('not-a-recording', number, 'this is no header of a recording');
  }
  if (typeof formatVersion === 'number' && formatVersion <= FORMAT_VERSION) return;
  throw new RecordingError(
    'newer-format',
    number,
    `format ${JSON.stringify(formatVersion)} is newer than ${FORMAT_VERSION}: replay it with a newer version`,
  );
}

function faultOf(line: Fields): string | undefined {
  const { type, session, event, from, to, effects, reason } = line;
  switch (type) {
    case 'transition':
      if (typeof session !== 'string') return 'a transition without a session';
      if (!isSessionEvent(event)) return `no event of a session: ${shown(event)}`;
      if (from !== 'new' && !STATES.has(from as string)) return `no state: ${shown(from)}`;
      if (!STATES.has(to as string)) return `no state: ${shown(to)}`;
      if (!Array.isArray(effects) || !effects.every((each) => EFFECTS.has(each as string))) {
        return `no effects: ${shown(effects)}`;
      }
      return undefined;
    case 'supervisor':
      if (!SUPERVISOR.events.has(event as string)) return `no event: ${shown(event)}`;
      return [from, to].every((state) => SUPERVISOR.states.some((each) => each === state))
        ? undefined
        : `no state: ${shown(from)} or ${shown(to)}`;
    case 'ended':
      if (typeof session !== 'string') return 'an end without a session';
      return REASONS.has(reason as string) ? undefined : `no reason: ${shown(reason)}`;
    case 'dropped':
      return Number.isInteger(line['lines']) ? undefined : 'no count of dropped lines';
    case 'end':
      return ENDS.has(line['why'] as string) ? undefined : `no end: ${shown(line['why'])}`;
    case 'header':
      return 'a second header';
    default:
      return typeof type === 'string' ? undefined : 'a line without a type';
  }
}

/** Whether a value holds members of closed sets only: steps are remembered by an event's text. */
function isSessionEvent(event: unknown): event is SessionEvent | Beginning {
  if (typeof event !== 'object' || event === null) return false;
  const { type, reason, restart, sleeps, confirmed } = event as Fields;
  switch (type) {
    case 'session.opened':
      return typeof sleeps === 'boolean';
    case 'session.recalled':
      return typeof confirmed === 'boolean';
    case 'session.close':
      return REASONS.has(reason as string);
    case 'session.crashed':
      return typeof restart === 'boolean';
    default:
      return EVENTS.has(type as string);
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}
