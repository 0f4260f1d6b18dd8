import { isPromise } from '../base/awaitable.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Ask } from './ask.ts';
import type { ModernCall } from './call.ts';
import { dressResult } from './dress.ts';
import type { Params } from './envelope.ts';
import type { Homeward } from './homeward.ts';
import type { Modern } from './modern.ts';
import type { CallMode } from './taskOptions.ts';
import { TASKS_CAPABILITY } from './tasks.ts';

/** Answers what clients ask about tasks, and says which of their calls become tasks. */
export class TaskDesk {
  readonly #modern: Modern;
  readonly #way: Homeward;

  constructor(modern: Modern, way: Homeward) {
    this.#modern = modern;
    this.#way = way;
  }

  /** When a call becomes a task; `undefined`: the call is refused. */
  modeOf(ask: Ask): CallMode | undefined {
    try {
      const mode = this.#modern.tasks?.modeOf(ask) ?? 'call';
      if (mode !== 'refused') return mode;
      this.lacksTasks(ask);
    } catch (error) {
      this.#way.failed(ask, error);
    }
    return undefined;
  }

  /** A call is under way, and becomes a task: at once, when it lasts, or never. */
  lasts(call: ModernCall, { mode }: { readonly mode: CallMode }): void {
    if (mode === 'task') this.#modern.tasks?.detach(call);
    else if (mode === 'auto') this.#modern.tasks?.watch(call);
  }

  /** Answers a request about a task. */
  serve(ask: Ask): void {
    const result = this.#modern.tasks?.serve(ask) ?? 'method-unknown';
    if (isPromise(result)) this.#way.wait(ask, result, (found) => this.#answer(ask, found));
    else this.#answer(ask, result);
  }

  /** Refuses what only a client that knows tasks can ask for. */
  lacksTasks(ask: Ask): void {
    this.#way.refuse(ask, 'capability-missing', { requiredCapabilities: TASKS_CAPABILITY });
  }

  #answer(ask: Ask, result: Params | RefusalCode | Elsewhere): void {
    const { known, settings } = this.#modern;
    const { incoming, message } = ask;
    if (result === 'capability-missing') return this.lacksTasks(ask);
    if (typeof result === 'string') return this.#way.refuse(ask, result);
    if (isElsewhere(result)) return result.serve(incoming, incoming.port);
    const serverInfo = known.said(incoming.principal)?.serverInfo;
    const dressing = { method: message.method, serverInfo, cache: settings.cache };
    this.#way.say(ask, dressResult(result, dressing));
  }
}

function isElsewhere(result: Params | Elsewhere): result is Elsewhere {
  return 'at' in result && result.at === 'elsewhere';
}
