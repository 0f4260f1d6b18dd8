import type { AnyStateMachine } from 'xstate';
import { nextSupervisorState, type SupervisorState } from '../../../machines/supervisor.ts';
import { check } from '../../base/check.ts';
import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { ActorMachine } from './actorCourse.ts';
import type { Mismatch } from './course.ts';
import { type CourseLine, Courses, type Who } from './courses.ts';
import type { HeaderLine, RecordingLine, SupervisorLine } from './line.ts';
import { jsonOf, parseLine } from './parseLine.ts';
import { RecordingError } from './recordingError.ts';

/** The first line of a recording that is not what the machine does. */
export interface Difference extends Mismatch {
  /** Number of the line, counted from 1. */
  readonly line: number;
  /** Key of the session that differs, or of the session whose call does. */
  readonly session: string | undefined;
  /** Key of the handle that differs. */
  readonly handle: string | undefined;
  /** The ids that lead to the actor of the session that differs. */
  readonly actor: string | undefined;
  /** Number of the call that differs. Where all are `undefined`, the supervisor differs. */
  readonly call: number | undefined;
  /** The event that the session, handle, call or supervisor was told. */
  readonly event: string;
}

/** The result of a replay: what a recording holds, and whether the machine does the same. */
export interface Replay {
  readonly header: HeaderLine;
  /** `undefined` where every state and effect in the recording is the machine's. */
  readonly difference: Difference | undefined;
  readonly lines: number;
  readonly sessions: number;
  readonly handles: number;
  /** Calls of the stateless revision that lasted: the others make no step of their machine. */
  readonly calls: number;
  /** Steps of sessions, handles and calls. */
  readonly transitions: number;
  /** Actors of the user's, and their steps: that each goes on where the one before ended is checked. */
  readonly actors: number;
  readonly actorSteps: number;
  /** Of these steps, those that the machine of the options was found to make. */
  readonly comparedSteps: number;
  /** Lines the recorder had to drop. Behind such a gap each machine is followed anew. */
  readonly dropped: number;
  /**
   * How the recording ends, where nothing differs before. `cut`: in the middle, as where the
   * recording process was killed or still writes.
   */
  readonly end: 'closed' | 'full' | 'rotated' | 'cut';
  /** Number of a last line that is cut off; this line is not replayed. */
  readonly brokenLine: number | undefined;
}

/** What a recording is replayed with. */
export interface ReplayOptions {
  /**
   * The machine of the program that was recorded, as `createRuntime` was given it: the actor that each
   * session has of it is stepped as well. Nothing of the machine's own code runs, and contexts are not
   * recorded: each guard may let through or not. @default none
   */
  readonly machine?: AnyStateMachine;
}

/** What {@link ReplayOptions} knows. */
const NAMES: NamesOf<ReplayOptions> = { machine: true };

/**
 * Steps the machine through a recording, up to the first line where the machine does otherwise.
 *
 * @param lines the lines without their line ends; the last line may be cut off
 * @throws RecordingError
 * @throws ActorsError `bad-option`
 */
export async function replay(
  lines: Iterable<string> | AsyncIterable<string>,
  options: ReplayOptions = {},
): Promise<Replay> {
  const run = new Run(machineOf(options));
  let held: string | undefined;
  // Takes each line when the next one has come: only the last line may be broken.
  for await (const text of lines) {
    if (held !== undefined) run.take(held);
    if (run.isOver) return run.result();
    held = text;
  }
  if (held !== undefined) run.takeLast(held);
  return run.result();
}

/** What is found beside what is counted. */
type Found = 'difference' | 'lines' | 'dropped' | 'end' | 'brokenLine';

class Run {
  #header: HeaderLine | undefined;
  readonly #courses: Courses;
  #supervisor: SupervisorState | undefined;
  readonly #found: { -readonly [M in Found]: Replay[M] } = {
    difference: undefined,
    lines: 0,
    dropped: 0,
    end: 'cut',
    brokenLine: undefined,
  };

  constructor(machine: ActorMachine | undefined) {
    this.#courses = new Courses(machine);
  }

  get isOver(): boolean {
    return this.#found.difference !== undefined;
  }

  take(text: string): void {
    const line = parseLine(text, ++this.#found.lines);
    if (line !== undefined) this.#follow(line);
  }

  takeLast(text: string): void {
    try {
      this.take(text);
    } catch (error) {
      const isCorrupt = error instanceof RecordingError && error.code === 'corrupt';
      if (!isCorrupt || jsonOf(text) !== undefined) throw error;
      this.#found.brokenLine = this.#found.lines;
    }
  }

  result(): Replay {
    if (this.#header === undefined) {
      throw new RecordingError('not-a-recording', 1, 'this is empty');
    }
    const { sessions, handles, calls, transitions, actors } = this.#courses;
    const { actorSteps, comparedSteps } = this.#courses;
    const counts = { sessions, handles, calls, transitions, actors, actorSteps, comparedSteps };
    return { header: this.#header, ...counts, ...this.#found };
  }

  #follow(line: RecordingLine): void {
    if (line.type === 'header') this.#header = line;
    else if (isOfCourse(line)) {
      this.#note(this.#courses.take(line), line, told(line));
    } else if (line.type === 'supervisor') {
      this.#note(this.#supervise(line), {}, line.event);
    } else if (line.type === 'dropped') {
      this.#found.dropped += line.lines;
      this.#courses.gap();
      this.#supervisor = undefined;
    } else if (line.type === 'end') this.#found.end = line.why;
    // Lines of other types move no machine.
  }

  #supervise({ from, to, event }: SupervisorLine): Mismatch | undefined {
    // The line is checked: both names are states of the machine.
    const at = this.#supervisor ?? (from as SupervisorState);
    if (from !== at) return { field: 'from', expected: at, seen: from };
    const expected = nextSupervisorState(at, event);
    if (to !== expected) return { field: 'to', expected, seen: to };
    this.#supervisor = expected;
    return undefined;
  }

  #note(mismatch: Mismatch | undefined, who: Who, event: string): void {
    if (mismatch === undefined) return;
    const { session, handle, actor, call } = who;
    const parts = { session, handle, actor, call };
    this.#found.difference = { line: this.#found.lines, ...parts, event, ...mismatch };
  }
}

/** @throws ActorsError `bad-option` */
function machineOf(options: ReplayOptions): ActorMachine | undefined {
  checkNames('replay', options, NAMES);
  const { machine } = options;
  check('machine', 'a machine of XState', machine, (value) => {
    const { root, config } = (value ?? {}) as Partial<AnyStateMachine>;
    return value === undefined || (root !== undefined && config !== undefined);
  });
  return machine && new ActorMachine(machine);
}

const OF_COURSES: ReadonlySet<RecordingLine['type']> = new Set<CourseLine['type']>([
  'transition',
  'ended',
  'handle',
  'handle-ended',
  'kept',
  'handle-kept',
  'call',
  'actor',
]);

function isOfCourse(line: RecordingLine): line is CourseLine {
  return OF_COURSES.has(line.type);
}

/** The event that a line says its machine was told, or how the line says it is over. */
function told(line: CourseLine): string {
  if (!('event' in line)) return line.type.endsWith('kept') ? 'kept' : 'ended';
  return typeof line.event === 'string' ? line.event : line.event.type;
}
