import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import { ReplayBudget } from '../http/replayBudget.ts';
import { keepAliveQueue } from '../http/streamTimers.ts';
import { UnreadBudget } from '../http/unreadBudget.ts';
import type { HostLimits } from './hostLimits.ts';
import type { Waiting } from './inbox.ts';
import type { OpenScope } from './openScope.ts';

/** What all scopes of one host share, besides the services all actors share. */
export type HostServices = ReturnType<typeof hostServices>;

export function hostServices(
  limits: HostLimits,
  open: (scope: OpenScope) => unknown,
  services: Services,
) {
  const { deadlines, limits: shared } = services;
  return {
    limits,
    open,
    unread: new UnreadBudget(services),
    replay: new ReplayBudget(shared),
    keepAlive: keepAliveQueue(deadlines, shared.keepAliveMs),
    opening: deadlines.queue<() => void>(limits.openTimeoutMs, (expire) => expire()),
    unanswered: deadlines.queue<Waiting>(limits.answerTimeoutMs, ({ fail }) => {
      fail(new ActorsError('timed-out', 'nobody answered'));
    }),
  };
}
