import { ActorsError } from '../base/errors.ts';
import { type Timer, within } from '../base/within.ts';
import type { Channel } from './channel.ts';
import type { Asked, Message } from './messages.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ActorsError) => void;
}

/** What a worker has asked the first process, each question for a time at most. */
export class Questions {
  readonly #channel: Channel;
  readonly #timer: Timer;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  /** @param timer for how long an answer is waited for */
  constructor(channel: Channel, timer: Timer) {
    this.#channel = channel;
    this.#timer = timer;
    channel.onMessage((message) => this.#take(message));
    channel.onGone(() => this.#giveUp());
  }

  /**
   * Asks a question.
   *
   * @param bytes of what is asked
   * @throws ActorsError as the first process refuses; `store-unavailable` where it does not answer
   */
  async ask(asked: Asked, bytes = 0): Promise<unknown> {
    const id = ++this.#asked;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    void this.#send(id, asked, bytes);
    try {
      return await within(answer, this.#timer, () => unanswered('did not answer in time'));
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #send(id: number, asked: Asked, bytes: number): Promise<void> {
    const sent = await this.#channel.send({ type: 'ask', id, asked }, bytes);
    if (sent !== 'sent') this.#waiting.get(id)?.reject(unanswered('can not be asked'));
  }

  #take(message: Message): void {
    if (message.type === 'answer') this.#waiting.get(message.id)?.resolve(message.value);
    if (message.type !== 'refusal') return;
    this.#waiting.get(message.id)?.reject(new ActorsError(message.code, message.message));
  }

  #giveUp(): void {
    for (const { reject } of this.#waiting.values()) reject(unanswered('is gone'));
  }
}

function unanswered(how: string): ActorsError {
  return new ActorsError('store-unavailable', `The first process ${how}`);
}
