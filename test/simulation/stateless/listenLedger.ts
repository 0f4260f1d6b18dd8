import type { Ledger } from '../ledger.ts';
import { SUBSCRIPTION } from './request.ts';

type Params = Readonly<Record<string, unknown>>;

/** What a stream has asked to hear of, and what it was promised. */
export interface ListenKnown {
  readonly nonce: number;
  readonly user: string;
  readonly asked: Params;
  honoured: Params | undefined;
  isEnded: boolean;
}

const FILTERS: Readonly<Record<string, string>> = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
  'notifications/resources/updated': 'resourceSubscriptions',
  'notifications/tasks': 'taskIds',
};

/** What is said on streams of `subscriptions/listen`: what was asked for, and nothing else. */
export class ListenLedger {
  readonly all = new Map<number, ListenKnown>();
  readonly #ledger: Ledger;
  readonly #ownerOf: (task: string) => string | undefined;

  /** @param ownerOf whose task an id names */
  constructor(ledger: Ledger, ownerOf: (task: string) => string | undefined) {
    this.#ledger = ledger;
    this.#ownerOf = ownerOf;
  }

  asked(nonce: number, user: string, asked: Params): void {
    this.all.set(nonce, { nonce, user, asked, honoured: undefined, isEnded: false });
  }

  /** A message goes out on a stream. */
  said(listen: ListenKnown, method: string | undefined, params: Params): void {
    const { nonce, user } = listen;
    const name = `listen ${nonce} of ${user}`;
    const meta = params['_meta'] as Params | undefined;
    const isNamed = meta?.[SUBSCRIPTION] === nonce;
    this.#ledger.check(isNamed, () => `${name} hears of ${String(meta?.[SUBSCRIPTION])}`);
    this.#ledger.check(!listen.isEnded, () => `${name} hears ${method} after its end`);
    if (method === undefined) listen.isEnded = true;
    else if (method === 'notifications/subscriptions/acknowledged') this.#opened(listen, params);
    else this.#heard(listen, name, method, params);
  }

  #opened(listen: ListenKnown, params: Params): void {
    const { nonce, user, asked, honoured } = listen;
    this.#ledger.check(honoured === undefined, () => `listen ${nonce} is opened twice`);
    const filter = params['notifications'] as Params;
    listen.honoured = filter;
    for (const [what, value] of Object.entries(filter)) {
      const wanted = asked[what];
      const isAsked = Array.isArray(value)
        ? value.every((each) => (wanted as unknown[] | undefined)?.includes(each))
        : wanted === value;
      this.#ledger.check(isAsked, () => `listen ${nonce} did not ask for ${what}`);
    }
    for (const id of (filter['taskIds'] as string[] | undefined) ?? []) {
      const owner = this.#ownerOf(id);
      this.#ledger.check(
        owner === user,
        () => `listen ${nonce} of ${user} follows ${owner}'s task`,
      );
    }
  }

  #heard({ honoured }: ListenKnown, name: string, method: string, params: Params): void {
    const filter = honoured?.[FILTERS[method] ?? ''];
    const about = params['uri'] ?? params['taskId'];
    const isWanted = Array.isArray(filter) ? filter.includes(about) : filter === true;
    this.#ledger.check(isWanted, () => `${name} hears ${method}`);
  }
}
