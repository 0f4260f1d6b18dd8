import type { Message, RequestMessage, ResponseMessage } from '../../../src/wire/jsonrpc.ts';
import type { Hearing } from './heard.ts';
import type { HttpRequest, UnderWay } from './network.ts';

/** How a request ended, for its client. */
export type Outcome =
  | { readonly is: 'answered'; readonly result: Readonly<Record<string, unknown>> }
  /** One clear error. @param status of the response */
  | { readonly is: 'error'; readonly code: string; readonly status: number }
  /** The whole response has come, and there was no answer in it. */
  | { readonly is: 'empty'; readonly status: number }
  /** The connection was lost, and there was nothing to go on from. */
  | { readonly is: 'gone' };

/** What a call needs of its client. */
export interface CallHost {
  ask(request: HttpRequest, hearing: Hearing): UnderWay;
  later(ms: number, then: () => void): void;
  pauseMs(): number;
  /** The server asks its client something. */
  asked(question: RequestMessage): void;
  broke(what: string): void;
  /** The head of the answer, for whoever wants to know. */
  head?(headers: Readonly<Record<string, string>>): void;
}

/** Most times that a client comes back for the rest of one response. */
const MAX_RETURNS = 40;

/** One request of a client: it reads the response, and comes back for the rest where it may. */
export class Call implements Hearing {
  readonly outcome: Promise<Outcome>;
  readonly #host: CallHost;
  readonly #session: string | undefined;
  readonly #what: string;
  readonly #id: unknown;
  readonly #events = new Set<string>();
  #settle!: (outcome: Outcome) => void;
  #underWay: UnderWay;
  #lastEventId: string | undefined;
  #status = 0;
  #answer: Outcome | undefined;
  #progress = 0;
  #returns = 0;
  isOver = false;

  /** @param what the text that all that is about the call has */
  constructor(host: CallHost, request: HttpRequest, what: string) {
    this.#host = host;
    this.#session = request.session;
    this.#what = what;
    this.#id = (request.body as { id?: unknown } | undefined)?.id;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
    this.#underWay = host.ask(request, this);
  }

  /** By which process the call was sent. */
  get by(): string | undefined {
    return this.#underWay.by;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status;
    this.#host.head?.(headers);
  }

  message(message: Message, event: string | undefined): void {
    if (event !== undefined) {
      if (this.#events.has(event)) this.#host.broke(`event ${event} comes twice: ${this.#what}`);
      this.#events.add(event);
    }
    if (!('method' in message)) this.#answered(message);
    else if ('id' in message) this.#question(message);
    else if (message.method === 'notifications/progress') this.#told(message.params ?? {});
    else this.#host.broke(`${message.method} on the response to ${this.#what}`);
  }

  over(how: 'whole' | 'cut'): void {
    this.#lastEventId = this.#underWay.heard.lastEventId ?? this.#lastEventId;
    if (this.#answer !== undefined) return this.#end(this.#answer);
    // An empty answer tells a client not to come back.
    const isLast = this.#status === 204 || this.#status >= 400;
    const mayReturn = this.#lastEventId !== undefined && !(how === 'whole' && isLast);
    const again = this.#status === 503 && this.#returns > 0;
    if ((mayReturn || again) && this.#returns < MAX_RETURNS) {
      this.#returns++;
      return this.#host.later(this.#host.pauseMs(), () => this.#comeBack());
    }
    this.#end(how === 'cut' ? { is: 'gone' } : { is: 'empty', status: this.#status });
  }

  #comeBack(): void {
    this.#status = 0;
    const { lastEventId } = this.#underWay.heard;
    this.#lastEventId = lastEventId ?? this.#lastEventId;
    const request = {
      method: 'GET',
      session: this.#session,
      lastEventId: this.#lastEventId,
    } as const;
    this.#underWay = this.#host.ask(request, this);
  }

  #answered({ id, result, error }: ResponseMessage): void {
    const status = this.#status;
    if (error !== undefined) {
      const { code } = (error.data ?? {}) as { readonly code?: string };
      // What is refused as a whole has no id, or the request's.
      if (this.#returns > 0 && status === 503) return;
      if (this.#answer !== undefined) this.#host.broke(`two answers to ${this.#what}`);
      this.#answer = { is: 'error', code: code ?? error.message, status };
      return;
    }
    if (id !== this.#id) this.#host.broke(`the answer to ${String(id)} comes to ${this.#what}`);
    if (this.#answer !== undefined) this.#host.broke(`two answers to ${this.#what}`);
    this.#answer = { is: 'answered', result: result ?? {} };
  }

  #question(question: RequestMessage): void {
    if (question.params?.['message'] !== this.#what) {
      return this.#host.broke(`a question of another comes to ${this.#what}`);
    }
    this.#host.asked(question);
  }

  #told({ message, progress }: Readonly<Record<string, unknown>>): void {
    if (message !== this.#what) return this.#host.broke(`progress of another: ${this.#what}`);
    const before = this.#progress;
    this.#progress = Number(progress);
    if (this.#progress <= before) this.#host.broke(`progress ${before} comes twice: ${this.#what}`);
  }

  #end(outcome: Outcome): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#settle(outcome);
  }
}
