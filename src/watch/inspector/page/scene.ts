import type { NodeView } from '../../../directory/ownership.ts';
import type { RuntimeStats } from '../../../events/counters.ts';
import type { ActorRow } from '../actors.ts';
import type { CallRow } from '../calls.ts';
import type { Detail } from '../detail.ts';
import type { HandleRow } from '../handles.ts';
import type { Line, LineOf } from '../lines.ts';
import type { Listed } from '../listing.ts';
import type { MachineState } from '../machines.ts';
import type { Row } from '../rows.ts';

/** A dead letter, as a page knows it. */
export type Letter = Omit<LineOf<'deadletter'>, 'type'>;

/** The supervisor, as far as it is known: a recording has neither counts nor limits. */
export interface Overview {
  readonly state: string;
  readonly last: { readonly event: string; readonly from: string; readonly to: string } | undefined;
  readonly stats: RuntimeStats | undefined;
  /** Limits by name; `null` stands for a limit of `Infinity`, which JSON can not hold. */
  readonly limits: Readonly<Record<string, number | null>>;
}

/** An actor of a session, as far as it is known: a recording has no contexts. */
export interface SceneActor extends Pick<ActorRow, 'actor' | 'states' | 'context'> {
  /** The chart of its machine, as SVG. */
  readonly svg: string | undefined;
  readonly last: LineOf<'actor'> | undefined;
}

/** What the page shows: a running runtime, or a recording at one moment. */
export interface Scene {
  /** The present time of the runtime or recording, not of the browser. */
  now(): number;
  rows(): readonly Row[];
  row(key: string): Row | undefined;
  /** Dead letters, oldest first. */
  readonly letters: readonly Letter[];
  readonly overview: Overview;
  readonly machines: readonly MachineState[];
  /** Calls that have outlived their response; a recording has none, nor have some runtimes. */
  readonly calls?: Listed<CallRow> | undefined;
  /** Handles that are awake; a recording has none, nor has a runtime that knows no kind of handles. */
  readonly handles?: Listed<HandleRow> | undefined;
  /** The processes of a cluster that live; a recording has none. */
  readonly nodes?: readonly NodeView[] | undefined;
  /** Lines of one session, oldest first. */
  lines(key: string): readonly Line[];
  /** The users' actors in one session, each before its children. */
  actors(key: string): readonly SceneActor[];
  /** What a server tells of one session; a recording has no details. */
  detail?(key: string): Detail | undefined;
}
