import type { Clock } from '../../base/clock.ts';
import { cut } from '../../base/cut.ts';
import type { RuntimeEventName, RuntimeEvents } from '../../events/events.ts';
import type { Charts } from './charts.ts';
import { KEPT, type KeptEvent, type RecordingLine } from './line.ts';

/** A source that can be recorded: a runtime, or a host of scopes. */
export interface Recordable {
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
}

/** Longest name recorded: a server gives its notifications any names it likes. */
const MAX_NAME = 128;

const OF_MESSAGES: ReadonlySet<KeptEvent> = new Set(['message', 'question.expired']);

/**
 * Turns the events of a runtime or host into lines of a recording.
 *
 * @param add takes each line, and the event the line was made of
 * @param options `charts`: the charts of actors, which their lines name
 * @returns how to stop
 */
export function listen(
  source: Recordable,
  add: (line: RecordingLine, event: object) => void,
  options: {
    readonly messages: boolean;
    readonly clock: Pick<Clock, 'now'>;
    readonly charts?: Charts;
  },
): () => void {
  const { messages, clock, charts } = options;
  // The keys of `KEPT` are the names.
  const names = Object.keys(KEPT) as KeptEvent[];
  const heard = names.filter((name) => messages || !OF_MESSAGES.has(name));
  const stops = heard.map((name) => {
    const { type, members } = KEPT[name];
    const kept = members.filter((member) => messages || member !== 'method');
    return source.on(name, (event: { readonly [M in (typeof kept)[number] | 'at']?: unknown }) => {
      const line: Record<string, unknown> = { type, at: event.at ?? clock.now() };
      for (const member of kept) line[member] = recorded(member, event[member]);
      if (charts !== undefined && name === 'actor.transition') {
        const machine = (event as RuntimeEvents['actor.transition']).machine();
        const chart = machine && charts.numberOf(machine);
        if (chart !== undefined) line['chart'] = chart;
      }
      // The type of a line is derived from `KEPT` as the line is.
      add(line as RecordingLine, event);
    });
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Of an error the class alone is recorded: its text may hold anything. */
function recorded(member: string, value: unknown): unknown {
  if (member === 'error') {
    return value instanceof Error ? cut(value.name, MAX_NAME) : typeof value;
  }
  return member === 'method' && typeof value === 'string' ? cut(value, MAX_NAME) : value;
}
