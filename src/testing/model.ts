import { ActorsError } from '../base/errors.ts';

/** A state of a session as a client can tell it from others, never what a server calls it. */
export interface ModelState<S extends string = string> {
  readonly name: S;
  readonly description: string;
}

/** What an event leads to, and what the client sees of it. Each event leaves a state once. */
export interface ModelEdge<
  S extends string = string,
  E extends string = string,
  X extends string = string,
> {
  readonly from: S;
  readonly event: E;
  readonly to: S;
  /** Names the assertion that must hold after the event. */
  readonly expects: X;
  /** What a server must offer, or a test must control, for the edge to be walked. */
  readonly needs: readonly string[];
}

/** A lifecycle as plain data: states, and the edges by which a client gets from one to another. */
export interface Model<
  S extends string = string,
  E extends string = string,
  X extends string = string,
> {
  readonly name: string;
  readonly initial: S;
  readonly states: readonly ModelState<S>[];
  readonly edges: readonly ModelEdge<S, E, X>[];
}

/** Names an edge, as reports write it. */
export function edgeName({ from, event, to }: ModelEdge): string {
  return `${from} -- ${event} --> ${to}`;
}

/** @throws ActorsError `bad-option` where a model contradicts itself */
export function checkModel({ name, initial, states, edges }: Model): void {
  const fail = (what: string): never => {
    throw new ActorsError('bad-option', `model ${name}: ${what}`);
  };
  const known = new Set(states.map((state) => state.name));
  if (known.size < states.length) fail('two states have one name');
  if (!known.has(initial)) fail(`its initial state ${initial} is none of its states`);
  const seen = new Map<string, Set<string>>();
  for (const edge of edges) {
    if (!known.has(edge.from) || !known.has(edge.to)) fail(`unknown state in ${edgeName(edge)}`);
    const events = seen.get(edge.from) ?? new Set();
    if (events.has(edge.event)) fail(`${edge.event} leaves ${edge.from} twice`);
    seen.set(edge.from, events.add(edge.event));
  }
}
