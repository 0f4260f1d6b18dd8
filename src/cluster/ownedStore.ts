import type { Claimed, Members, OwnedStore } from '../directory/ownership.ts';
import type { Elsewhere, Nowhere } from '../directory/whereabouts.ts';
import type { Claim } from '../store/store.ts';
import type { SharedSpace } from './sharedSpace.ts';

/**
 * A space of a cluster, for a runtime that is still being made.
 *
 * @param space is asked for with each use, and there when the cluster is open
 * @param members the processes, where they are to be known
 */
export function ownedStore(
  space: () => SharedSpace,
  members: () => Members | undefined = () => undefined,
): OwnedStore {
  return {
    store: {
      isDurable: true,
      isShared: true,
      get: (id) => space().store.get(id),
      write: (changes) => space().store.write(changes),
      page: (query) => space().store.page(query),
      due: (now, limit) => space().store.due(now, limit),
      count: (principal) => space().store.count(principal),
      rows: (id) => space().store.rows(id),
      time: () => space().store.time(),
      close: () => {},
    },
    ownership: {
      isShared: true,
      get members(): Members | undefined {
        return members();
      },
      get isLive() {
        return space().sessions.isLive;
      },
      live: () => space().sessions.live(),
      begun: (id: string): Claim => space().sessions.begun(id),
      claim: (id: string): Promise<Claimed> => space().sessions.claim(id),
      release: (claim: Claim): Promise<boolean> => space().sessions.release(claim),
      ended: (claim: Claim): void => space().sessions.ended(claim),
      elsewhere: (id: string): Promise<Elsewhere | Nowhere> => space().sessions.elsewhere(id),
    },
  };
}
