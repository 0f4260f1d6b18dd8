import type { Forwarded } from '../directory/whereabouts.ts';
import type { ResponsePort } from '../wire/port.ts';
import { endWithErrors } from './clientErrors.ts';

/**
 * A response that is an event stream already, for whoever goes on with the stream: the head has left,
 * and what would be a whole answer becomes the end of the stream.
 */
export class ContinuedPort implements ResponsePort {
  readonly #port: ResponsePort;
  readonly #asked: Forwarded;
  readonly #unsure: () => void;
  #hasBegun = false;

  private constructor(port: ResponsePort, asked: Forwarded, unsure: () => void) {
    this.#port = port;
    this.#asked = asked;
    this.#unsure = unsure;
  }

  /**
   * The port for the next one who goes on with a stream.
   *
   * @param asked what the stream answers
   * @param unsure called where the client is told that nobody knows what became of its request
   */
  static of(port: ResponsePort, asked: Forwarded, unsure: () => void): ContinuedPort {
    return port instanceof ContinuedPort
      ? new ContinuedPort(port.#port, port.#asked, unsure)
      : new ContinuedPort(port, asked, unsure);
  }

  send(status: number, _headers: readonly string[], _body?: string): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    // The stream is over, and its client has all of it.
    if (status === 204) this.#port.end();
    else if (endWithErrors(this.#port, 'session-moved', this.#asked)) this.#unsure();
  }

  open(_headers: readonly string[]): void {
    this.#hasBegun = true;
  }

  write(frame: string): void {
    if (this.#hasBegun) this.#port.write(frame);
  }

  end(): void {
    if (this.#hasBegun) this.#port.end();
  }

  cut(): void {
    this.#port.cut();
  }

  get unread(): number {
    return this.#port.unread;
  }

  drained(): Promise<void> {
    return this.#port.drained();
  }

  get gone(): boolean {
    return this.#port.gone;
  }

  whenGone(callback: () => void): void {
    this.#port.whenGone(callback);
  }
}
