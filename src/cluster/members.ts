import type { Members, NodeView } from '../directory/ownership.ts';
import type { SessionView } from '../directory/view.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import { bootOf, type Incarnation } from './engine.ts';
import { printOf } from './recordSeal.ts';
import type { RemoteVerbs } from './remoteVerbs.ts';
import { nameOf, type Roster } from './roster.ts';

/** What the list of all processes needs of this one. */
export interface MembersHost {
  readonly node: { readonly incarnation: Incarnation };
  readonly roster: Pick<Roster, 'find' | 'views'>;
  readonly remoteVerbs: Pick<RemoteVerbs, 'views'>;
  elsewhere(owner: Incarnation, id: string): Elsewhere;
}

/** The processes of a cluster, for whoever lists sessions or looks for one. */
export class ClusterMembers implements Members {
  readonly nameOf = nameOf;
  readonly #host: MembersHost;

  constructor(host: MembersHost) {
    this.#host = host;
  }

  get self(): string {
    return nameOf(this.#host.node.incarnation);
  }

  get process(): string {
    return bootOf(this.#host.node.incarnation);
  }

  async at(process: string, id: string): Promise<Elsewhere | undefined> {
    const found = await this.#host.roster.find(process, printOf(id));
    return found === undefined ? found : this.#host.elsewhere(found, id);
  }

  nodes(): Promise<readonly NodeView[]> {
    return this.#host.roster.views();
  }

  views(owner: string, ids: readonly string[]): Promise<readonly SessionView[]> {
    return this.#host.remoteVerbs.views(owner, ids);
  }
}
