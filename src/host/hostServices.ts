import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import { keepAliveQueue } from '../http/streamTimers.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { HostLimits } from './hostLimits.ts';
import type { Waiting } from './inbox.ts';
import type { OpenScope } from './openScope.ts';

/** What all scopes of one host share, besides the services all actors share. */
export class HostServices {
  readonly limits: HostLimits;
  readonly open: (scope: OpenScope) => unknown;
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  readonly opening: DeadlineQueue<{ expire(): void }>;
  readonly unanswered: DeadlineQueue<Waiting>;

  constructor(
    limits: HostLimits,
    open: (scope: OpenScope) => unknown,
    { deadlines, limits: shared }: Services,
  ) {
    this.limits = limits;
    this.open = open;
    this.keepAlive = keepAliveQueue(deadlines, shared.keepAliveMs);
    this.opening = deadlines.queue(limits.openTimeoutMs, (late) => late.expire());
    this.unanswered = deadlines.queue(limits.answerTimeoutMs, ({ fail }) => {
      fail(new ActorsError('timed-out', 'nobody answered'));
    });
  }
}
