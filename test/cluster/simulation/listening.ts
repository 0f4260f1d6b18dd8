import type { Message } from '../../../src/wire/jsonrpc.ts';
import type { CallHost } from './call.ts';
import type { Hearing } from './heard.ts';
import type { UnderWay } from './network.ts';

/** The GET stream of a session, opened again whenever it ends. */
export class Listening implements Hearing {
  readonly #host: CallHost;
  readonly #session: string;
  #underWay!: UnderWay;
  #lastEventId: string | undefined;
  #status = 0;
  readonly #remarks = new Set<number>();
  #isOver = false;

  constructor(host: CallHost, session: string) {
    this.#host = host;
    this.#session = session;
    this.#open();
  }

  leave(): void {
    this.#isOver = true;
    this.#underWay.leave();
  }

  head(status: number): void {
    this.#status = status;
  }

  message(message: Message): void {
    if (!('method' in message) || message.method !== 'notifications/message') return;
    const data: unknown = message.params?.['data'];
    const { session, remark } = data as { session: string; remark: number };
    if (session !== this.#session) this.#host.broke(`a remark of ${session} in ${this.#session}`);
    if (this.#remarks.has(remark)) this.#host.broke(`remark ${remark} comes twice to ${session}`);
    this.#remarks.add(remark);
  }

  over(): void {
    this.#lastEventId = this.#underWay.heard.lastEventId ?? this.#lastEventId;
    if (this.#status === 400) this.#lastEventId = undefined;
    if (this.#isOver || this.#status === 404) return;
    this.#host.later(this.#host.pauseMs(), () => {
      if (!this.#isOver) this.#open();
    });
  }

  #open(): void {
    this.#status = 0;
    const request = {
      method: 'GET',
      session: this.#session,
      lastEventId: this.#lastEventId,
    } as const;
    this.#underWay = this.#host.ask(request, this);
  }
}
