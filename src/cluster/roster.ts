import type { NodeView } from '../directory/ownership.ts';
import { decodeAbout } from './about.ts';
import { bootOf, type Engine, type Incarnation, type Looked, type Space } from './engine.ts';
import type { Node } from './node.ts';

/** What a roster needs of its node. */
export interface RosterHost {
  readonly engine: Pick<Engine, 'members'>;
  readonly space: Pick<Space, 'look'>;
  readonly node: Pick<Node, 'isInGrace' | 'isSelf'>;
}

/** The nodes whose leases last, as the engine has them. Every method throws `store-unavailable`. */
export class Roster {
  readonly #host: RosterHost;

  constructor(host: RosterHost) {
    this.#host = host;
  }

  /**
   * The node that a process is now, where the process lives and has a session still.
   *
   * @param boot what the process is named among all
   * @param print the fingerprint of the session's id
   */
  async find(boot: string, print: string): Promise<Incarnation | undefined> {
    const { node, space } = this.#host;
    // Within the grace, the engine may have forgotten whose the session is.
    const looked = node.isInGrace ? NOTHING : await space.look(print);
    if (looked.is === 'owned') {
      return bootOf(looked.owner) === boot && looked.leftMs > 0 ? looked.owner : undefined;
    }
    // What was never stored, the engine does not know.
    if (looked.is !== 'unknown') return undefined;
    const members = await this.#host.engine.members();
    return members.find(({ incarnation }) => bootOf(incarnation) === boot)?.incarnation;
  }

  /** Another node that takes sessions: the one with the fewest. */
  async place(): Promise<Incarnation | undefined> {
    const members = await this.#host.engine.members();
    const others = members.flatMap(({ incarnation, about }) => {
      const known = decodeAbout(about);
      if (known === undefined || known.isDraining || this.#host.node.isSelf(incarnation)) return [];
      return { incarnation, owned: known.owned };
    });
    return others.toSorted((a, b) => a.owned - b.owned)[0]?.incarnation;
  }

  /** All nodes, by their names. */
  async views(): Promise<readonly NodeView[]> {
    const members = await this.#host.engine.members();
    const views = members.map(({ incarnation, about }) => {
      const { since, owned, isDraining } = decodeAbout(about) ?? SILENT;
      const isSelf = this.#host.node.isSelf(incarnation);
      const told = { since: numberIn(since), owned: numberIn(owned) };
      return { name: nameOf(incarnation), ...told, isDraining, isSelf };
    });
    return views.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

const NOTHING: Looked = { is: 'unknown' };

/** What a node says that has said nothing that can be read. */
const SILENT = { since: NaN, owned: NaN, isDraining: false };

/** What a node is called by people. */
export function nameOf(incarnation: Incarnation): string {
  return bootOf(incarnation).split('@', 1)[0]!;
}

function numberIn(told: number): number | undefined {
  return Number.isFinite(told) ? told : undefined;
}
