import type { ActorLogic, EventObject, Snapshot } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import type { Position } from './position.ts';

/** How one stimulus changes where a machine stands. */
export interface ExploredEdge<M> {
  readonly from: number;
  readonly stimulus: string;
  readonly to: number;
  readonly move: M;
}

/** The positions that stimuli lead to, the nearest first, and how. */
export interface Exploration<M> {
  readonly positions: readonly Position[];
  /** By their two places among the positions. */
  readonly edges: readonly ExploredEdge<M>[];
  /** There are no more positions; otherwise those that are far have no edges. */
  readonly isWhole: boolean;
}

/** What leads from one position to the next. */
export interface Explorer<M extends { readonly position: Position }> {
  readonly start: Position;
  /** The names of what can be done in a position. */
  readonly stimuliOf: (position: Position) => readonly string[];
  readonly move: (position: Position, stimulus: string) => M;
  /** Positions with one text are one. */
  readonly identify: (position: Position) => string;
  /** Positions to go on from, > 0. */
  readonly maxPositions: number;
}

/** Explores where stimuli lead, nearest first. */
export function explore<M extends { readonly position: Position }>(
  explorer: Explorer<M>,
): Exploration<M> {
  const { start, stimuliOf, move, identify, maxPositions } = explorer;
  const moves = new Map<Position, Map<string, M>>();
  let looked = 0;
  let isWhole = true;
  const logic = {
    getInitialSnapshot: () => start,
    transition(position: Position, { type }: EventObject): Position {
      const made = move(position, type);
      const known = moves.get(position) ?? new Map<string, M>();
      moves.set(position, known.set(type, made));
      return made.position;
    },
  };
  const adjacency = getAdjacencyMap(
    logic as unknown as ActorLogic<Snapshot<unknown>, EventObject>,
    {
      events: (position) => stimuliOf(position as unknown as Position).map((type) => ({ type })),
      serializeState: (position) => identify(position as unknown as Position),
      stopWhen: () => {
        const isFar = ++looked > maxPositions;
        if (isFar) isWhole = false;
        return isFar;
      },
    },
  );
  const nodes = Object.values(adjacency).map(({ state }) => state as unknown as Position);
  const places = new Map(Object.keys(adjacency).map((name, i) => [name, i]));
  const edges = nodes.flatMap((position, from) =>
    Array.from(moves.get(position) ?? [], ([stimulus, made]) => ({
      from,
      stimulus,
      to: places.get(identify(made.position))!,
      move: made,
    })),
  );
  return { positions: nodes, edges, isWhole };
}
