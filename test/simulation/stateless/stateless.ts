import type { Ledger } from '../ledger.ts';
import type { Life } from '../life.ts';
import type { Payload } from '../payload.ts';
import type { SimDisk } from '../simDisk.ts';
import type { Asker } from '../strictPort.ts';
import { CallLedger, SHARED } from './callLedger.ts';
import { CartLedger } from './cartLedger.ts';
import { HomeLedger } from './homeLedger.ts';
import { ListenLedger } from './listenLedger.ts';
import type { Moment } from './moment.ts';
import type { StatelessSetting } from './setting.ts';
import { TaskLedger } from './taskLedger.ts';
import { ThingLedger } from './thingLedger.ts';

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Result;
}

interface Result extends Params {
  readonly resultType?: string;
  readonly taskId?: string;
  readonly requestState?: string;
  readonly inputRequests?: object;
}

/** All that is known of the stateless revision in one history, and what goes out of it to whom. */
export class Stateless {
  readonly setting: StatelessSetting;
  readonly calls: CallLedger;
  readonly homes: HomeLedger;
  readonly tasks: TaskLedger;
  readonly listens: ListenLedger;
  readonly things: ThingLedger;
  readonly carts: CartLedger;
  /** When each `requestState` has left. */
  readonly askedAt = new Map<string, number>();
  readonly #ledger: Ledger;
  readonly #now: () => Moment;

  constructor(
    setting: StatelessSetting,
    ledger: Ledger,
    disk: SimDisk | undefined,
    now: () => Moment,
  ) {
    this.setting = setting;
    this.#ledger = ledger;
    this.#now = now;
    this.calls = new CallLedger(ledger, setting.onLostCall === 'rerun');
    this.homes = new HomeLedger(ledger, setting.onLostCall === 'rerun');
    this.tasks = new TaskLedger(ledger, disk, now);
    this.listens = new ListenLedger(ledger, (id) => this.tasks.callOf(id)?.user);
    this.things = new ThingLedger(ledger, disk, now);
    this.carts = new CartLedger(ledger, disk);
  }

  /** The process there is has ended. */
  over(inOrder: boolean, wasTroubled: boolean): void {
    this.calls.over();
    this.things.over(inOrder, wasTroubled);
    this.carts.over(wasTroubled);
    if (wasTroubled) this.tasks.loosen();
  }

  /** A payload goes out: to whom it is meant for, from where its call belongs. */
  carries(asker: Asker, { who, nonce, sid }: Payload): Life | undefined {
    const { call, home, user } = asker;
    const life = this.homes.lifeOf(sid);
    const what = (): string => `${nonce} of ${sid} (${who})`;
    const owner = this.calls.userOf(nonce);
    const isListen = call !== undefined && this.listens.all.has(call);
    this.#ledger.check(nonce === call || isListen, () => `${what()} went to ${call} (${user})`);
    // A stream hears of all tasks of its principal, wherever they run.
    if (isListen && owner !== undefined) {
      this.#ledger.check(owner === user, () => `${what()} went to a stream of ${user}`);
      return life;
    }
    const isTheirs = who === (home === SHARED ? 'nobody' : user);
    this.#ledger.check(isTheirs, () => `${what()} went to ${home} (${user})`);
    if (life !== undefined && home !== undefined) this.homes.answers(life, home);
    asker.by ??= life?.name;
    return life;
  }

  /** Something goes out on a response of this revision. */
  said({ call: nonce = 0, user }: Asker, text: string): void {
    const listen = this.listens.all.get(nonce);
    for (const { method, params = {}, result } of messagesIn(text)) {
      if (listen !== undefined && (method !== undefined || result !== undefined)) {
        this.listens.said(listen, method, result ?? params);
      }
      if (method === 'notifications/tasks') this.tasks.told(user, params);
      const { resultType, taskId, requestState, inputRequests } = result ?? {};
      const call = this.calls.all.get(nonce);
      if (requestState !== undefined && inputRequests !== undefined) {
        this.askedAt.set(requestState, this.#now().at);
        this.calls.asks(nonce, inputRequests);
      }
      if (taskId === undefined) continue;
      if (resultType === 'task' && call !== undefined) this.tasks.created(taskId, call);
      else this.tasks.told(user, result!);
    }
  }
}

/** The messages in a body, or in a piece of an event stream. */
function messagesIn(text: string): Message[] {
  if (text.startsWith('{')) return [JSON.parse(text) as Message];
  return Array.from(text.matchAll(/^data: (.+)$/gm), ([, json]) => JSON.parse(json!) as Message);
}
