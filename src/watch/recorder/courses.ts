import { ActorCourse, type ActorMachine } from './actorCourse.ts';
import { CallCourse } from './callCourse.ts';
import { Course, type Mismatch } from './course.ts';
import type {
  ActorLine,
  CallLine,
  EndedLine,
  HandleEndedLine,
  HandleKeptLine,
  HandleLine,
  KeptLine,
  TransitionLine,
} from './line.ts';

/** Who a line is about. */
export interface Who {
  /** Key of the session, or of the session that the call belongs to. */
  readonly session?: string;
  /** Key of the handle. */
  readonly handle?: string;
  /** Number of the call. */
  readonly call?: number;
  /** The ids that lead to the actor in its session. */
  readonly actor?: string;
}

/** A line that moves a machine, or says that one is over in the process. */
export type CourseLine =
  | TransitionLine
  | EndedLine
  | KeptLine
  | HandleLine
  | HandleEndedLine
  | HandleKeptLine
  | CallLine
  | ActorLine;

/** Follows each session, handle and call of a recording by the line, each to its end. */
export class Courses {
  sessions = 0;
  handles = 0;
  calls = 0;
  transitions = 0;
  actors = 0;
  actorSteps = 0;
  comparedSteps = 0;
  readonly #machine: ActorMachine | undefined;
  readonly #sessions = new Map<string, Course>();
  readonly #handles = new Map<string, Course>();
  readonly #calls = new Map<number, CallCourse>();
  /** Of each session, its users' actors. */
  readonly #actors = new Map<string, Map<string, ActorCourse>>();
  /** The sessions that began in this recording: nothing was kept of their actors. */
  readonly #begun = new Set<string>();

  /** @param machine of the users' actors, where there is one to compare with */
  constructor(machine?: ActorMachine) {
    this.#machine = machine;
  }

  /** Takes a line; returns the mismatch where its machine does something else. */
  take(line: CourseLine): Mismatch | undefined {
    if (line.type === 'actor') return this.#actor(line);
    if (line.type === 'ended' || line.type === 'kept') {
      this.#actors.delete(line.session);
      this.#begun.delete(line.session);
    }
    if (line.type === 'ended') return endOf(this.#sessions, line.session, line.reason);
    if (line.type === 'kept') return endOf(this.#sessions, line.session, 'drained');
    if (line.type === 'handle-ended') return endOf(this.#handles, line.handle, line.reason);
    if (line.type === 'handle-kept') return endOf(this.#handles, line.handle, 'drained');
    this.transitions++;
    if (line.type === 'call') return this.#call(line);
    if (line.type === 'handle') {
      const { course, isNew } = courseOf(this.#handles, line.handle, line.from);
      if (isNew) this.handles++;
      return course.step(line);
    }
    const { course, isNew } = courseOf(this.#sessions, line.session, line.from);
    if (isNew) this.sessions++;
    if (line.event.type === 'session.opened') this.#begun.add(line.session);
    if (line.event.type === 'session.recalled') {
      this.#begun.delete(line.session);
      for (const actor of this.#actors.get(line.session)?.values() ?? []) actor.forget();
    }
    return course.step(line);
  }

  /** Lines are missing: each is followed anew from its next line on. */
  gap(): void {
    this.#sessions.clear();
    this.#handles.clear();
    this.#calls.clear();
    this.#actors.clear();
    this.#begun.clear();
  }

  #actor(line: ActorLine): Mismatch | undefined {
    this.actorSteps++;
    const { session, actor } = line;
    const actors = this.#actors.get(session) ?? new Map<string, ActorCourse>();
    this.#actors.set(session, actors);
    let course = actors.get(actor);
    const isFirst = course === undefined && this.#begun.has(session);
    if (course === undefined) {
      this.actors++;
      course = new ActorCourse(this.#machine?.actor === actor ? this.#machine.steps : undefined);
      actors.set(actor, course);
    }
    const before = course.compared;
    const mismatch = course.step(line, isFirst);
    this.comparedSteps += course.compared - before;
    return mismatch;
  }

  #call(line: CallLine): Mismatch | undefined {
    let course = this.#calls.get(line.call);
    if (course === undefined) {
      this.calls++;
      course = new CallCourse(line.from);
      this.#calls.set(line.call, course);
    }
    const mismatch = course.step(line);
    if (course.isDone) this.#calls.delete(line.call);
    return mismatch;
  }
}

function courseOf(
  courses: Map<string, Course>,
  key: string,
  from: string,
): { readonly course: Course; readonly isNew: boolean } {
  const known = courses.get(key);
  if (known !== undefined) return { course: known, isNew: false };
  const course = new Course(from);
  courses.set(key, course);
  return { course, isNew: true };
}

function endOf(
  courses: Map<string, Course>,
  key: string,
  reason: EndedLine['reason'],
): Mismatch | undefined {
  const mismatch = courses.get(key)?.end(reason);
  courses.delete(key);
  return mismatch;
}
