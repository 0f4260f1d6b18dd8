import type { ContenderName } from './contenders/index.ts';
import type { Rounds } from './figures/interleave.ts';
import type { SessionBytes } from './figures/memory.ts';
import type { Profile } from './figures/profile.ts';
import type { Waiting } from './figures/waiting.ts';
import type { Work } from './figures/work.ts';
import type { Kind } from './profile/snapshot.ts';

/** Everything one run measured; a figure that was not asked for is absent. */
export interface Results {
  calls?: Rounds<Work>;
  churn?: Rounds<Work>;
  memory?: Rounds<SessionBytes>;
  watching?: Rounds<Work>;
  stateless?: Rounds<Work>;
  waiting?: readonly Waiting[];
  readonly profiles: Profile[];
  readonly heaps: Map<ContenderName, Kind[]>;
}
