import type { DeadlineQueue, Deadlines } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { HostLimits } from './hostOptions.ts';
import type { Waiting } from './inbox.ts';
import type { OpenScope } from './openScope.ts';

/** What all scopes of one host share beside what all actors share. */
export class HostServices {
  readonly limits: HostLimits;
  readonly open: (scope: OpenScope) => unknown;
  readonly opening: DeadlineQueue<{ expire(): void }>;
  readonly unanswered: DeadlineQueue<Waiting>;

  constructor(limits: HostLimits, open: (scope: OpenScope) => unknown, deadlines: Deadlines) {
    this.limits = limits;
    this.open = open;
    this.opening = deadlines.queue(limits.openTimeoutMs, (late) => late.expire());
    this.unanswered = deadlines.queue(limits.answerTimeoutMs, ({ fail }) => {
      fail(new ActorsError('timed-out', 'nobody answered'));
    });
  }
}
