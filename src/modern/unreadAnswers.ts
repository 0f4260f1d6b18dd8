import type { Services } from '../events/services.ts';
import { UnreadAccount } from '../http/unread.ts';
import type { UnreadBudget } from '../http/unreadBudget.ts';
import type { ResponsePort } from '../wire/port.ts';

/** What answers that no session has said need of the stateless revision. */
export interface UnreadShare {
  readonly services: Services;
  readonly unread: UnreadBudget;
}

/**
 * Answers that no session has said, such as those about a task, and that their clients have not read
 * to the end: bounded as the answers of a session are, by task, and by principal for the others.
 */
export class UnreadAnswers {
  readonly #share: UnreadShare;
  readonly #accounts = new Map<string, UnreadAccount>();

  constructor(share: UnreadShare) {
    this.#share = share;
  }

  /**
   * Counts an answer until it is read.
   *
   * @param task the answer is about; `undefined`: about none
   */
  add(port: ResponsePort, principal: string | undefined, task: unknown): void {
    if (port.unread === 0) return;
    const { digest, principalKey } = this.#share.services;
    const key = typeof task === 'string' ? digest(task) : principalKey(principal);
    const account = this.#accounts.get(key) ?? this.#open(key, principal);
    account.add(port);
  }

  #open(key: string, principal: string | undefined): UnreadAccount {
    const { services, unread } = this.#share;
    const watchQuiet = (): void => void this.#accounts.delete(key);
    // As of a session that sleeps: nothing but what is unread keeps the account.
    const account = new UnreadAccount(services, unread, {
      key,
      principal,
      isAsleep: true,
      watchQuiet,
    });
    this.#accounts.set(key, account);
    return account;
  }
}
