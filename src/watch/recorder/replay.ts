import { nextSupervisorState, type SupervisorState } from '../../../machines/supervisor.ts';
import { Course, type Mismatch } from './course.ts';
import type { HeaderLine, RecordingLine, SupervisorLine, TransitionLine } from './line.ts';
import { jsonOf, parseLine } from './parseLine.ts';
import { RecordingError } from './recordingError.ts';

/** The first line of a recording that is not what the machine does. */
export interface Difference extends Mismatch {
  /** Number of the line, counted from 1. */
  readonly line: number;
  /** Key of the session that differs; `undefined` where the supervisor differs. */
  readonly session: string | undefined;
  /** The event that the session or supervisor was told. */
  readonly event: string;
}

/** The result of a replay: what a recording holds, and whether the machine does the same. */
export interface Replay {
  readonly header: HeaderLine;
  /** `undefined` where every state and effect in the recording is the machine's. */
  readonly difference: Difference | undefined;
  readonly lines: number;
  readonly sessions: number;
  readonly transitions: number;
  /** Lines the recorder had to drop. Behind such a gap each session is followed anew. */
  readonly dropped: number;
  /**
   * How the recording ends, where nothing differs before. `cut`: in the middle, as where the
   * recording process was killed or still writes.
   */
  readonly end: 'closed' | 'full' | 'rotated' | 'cut';
  /** Number of a last line that is cut off; this line is not replayed. */
  readonly brokenLine: number | undefined;
}

/**
 * Steps the machine through a recording, up to the first line where the machine does otherwise.
 *
 * @param lines the lines without their line ends; the last line may be cut off
 * @throws RecordingError
 */
export async function replay(lines: Iterable<string> | AsyncIterable<string>): Promise<Replay> {
  const run = new Run();
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

class Run {
  #header: HeaderLine | undefined;
  #courses = new Map<string, Course>();
  #supervisor: SupervisorState | undefined;
  readonly #found: { -readonly [M in Exclude<keyof Replay, 'header'>]: Replay[M] } = {
    difference: undefined,
    lines: 0,
    sessions: 0,
    transitions: 0,
    dropped: 0,
    end: 'cut',
    brokenLine: undefined,
  };

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
    return { header: this.#header, ...this.#found };
  }

  #follow(line: RecordingLine): void {
    if (line.type === 'header') this.#header = line;
    else if (line.type === 'transition') this.#step(line);
    else if (line.type === 'ended') {
      this.#note(this.#courses.get(line.session)?.end(line.reason), line.session, 'ended');
      this.#courses.delete(line.session);
    } else if (line.type === 'supervisor') {
      this.#note(this.#supervise(line), undefined, line.event);
    } else if (line.type === 'dropped') {
      this.#found.dropped += line.lines;
      this.#courses = new Map();
      this.#supervisor = undefined;
    } else if (line.type === 'end') this.#found.end = line.why;
    // Lines of other types move no machine.
  }

  #step(line: TransitionLine): void {
    this.#found.transitions++;
    let course = this.#courses.get(line.session);
    if (course === undefined) {
      this.#found.sessions++;
      course = new Course(line.from);
      this.#courses.set(line.session, course);
    }
    this.#note(course.step(line), line.session, line.event.type);
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

  #note(mismatch: Mismatch | undefined, session: string | undefined, event: string): void {
    if (mismatch === undefined) return;
    this.#found.difference = { line: this.#found.lines, session, event, ...mismatch };
  }
}
