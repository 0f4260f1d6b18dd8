import type { Configuration } from './configurations.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { type Outcome, Traveller } from './traveller.ts';

const reopenMs = 30_000;

/** A client on the journey of outages, with a proxy of its own in front of the server. */
export class ProxiedClient {
  readonly configuration: Configuration;
  readonly #proxy: CuttingProxy;
  readonly #traveller: Traveller;
  readonly #gets: Record<string, Promise<string>> = {};
  #getsBefore = 0;
  #calls = 0;

  private constructor(configuration: Configuration, proxy: CuttingProxy) {
    this.configuration = configuration;
    this.#proxy = proxy;
    this.#traveller = Traveller.send(configuration, proxy.port, 'outages');
  }

  static async send(configuration: Configuration, port: number): Promise<ProxiedClient> {
    return new ProxiedClient(configuration, await CuttingProxy.open(port));
  }

  /** Waits until its next call may begin. */
  isReady(): Promise<void> {
    return this.#traveller.ready();
  }

  /** Has it call, and waits until the call runs. */
  async callRuns(): Promise<void> {
    await this.#traveller.ready();
    this.#traveller.goOn();
    await this.#traveller.ready();
    // Only what has become a stream can be resumed.
    if (this.#door === 'http') await this.#sees('call stream', ++this.#calls);
    this.#getsBefore = this.#proxy.seen('get stream');
  }

  /** Cuts its connections. */
  cut(): void {
    this.#proxy.cut();
  }

  /** Has it go on after an outage. */
  async goOn(outage: string): Promise<void> {
    const before = this.#getsBefore;
    const step = `${outage}Get`;
    const opensAgain = before > 0 && this.configuration.differs?.[step] !== '-';
    const reopened = opensAgain ? this.#reopened(before + 1) : Promise.resolve('-');
    this.#gets[step] = reopened;
    // All that it hears comes on that stream.
    if (this.#door === 'sse') await reopened;
    this.#traveller.goOn();
  }

  /** Has it close when all is over. */
  async outcome(): Promise<Outcome> {
    const gets = Object.entries(this.#gets).map(async ([step, get]) => [step, await get] as const);
    const seen = Object.fromEntries(await Promise.all(gets));
    await this.#traveller.ready();
    this.#traveller.goOn();
    return { ...(await this.#traveller.outcome), ...seen };
  }

  leave(): void {
    this.#proxy.close();
  }

  get #door() {
    return this.configuration.door ?? 'http';
  }

  async #reopened(times: number): Promise<string> {
    const isOpen = await this.#sees('get stream', times, AbortSignal.timeout(reopenMs));
    return isOpen ? 'ok' : 'FAIL the GET stream was not opened again';
  }

  /** Whether it is seen before the client has ended. */
  async #sees(sight: 'call stream' | 'get stream', times: number, late?: AbortSignal) {
    const { ended } = this.#traveller;
    return this.#proxy.until(sight, times, late ? AbortSignal.any([late, ended]) : ended);
  }
}
