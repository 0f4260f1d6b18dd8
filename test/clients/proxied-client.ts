import type { Configuration } from './configurations.ts';
import { CuttingProxy, type Sight } from './cutting-proxy.ts';
import { type Outcome, Traveller } from './traveller.ts';

const reopenMs = 30_000;

/** A client on the journey of outages, with a proxy of its own in front of the server. */
export class ProxiedClient {
  readonly configuration: Configuration;
  readonly #proxy: CuttingProxy;
  readonly #traveller: Traveller;
  /** Of each outage so far, what became of the GET stream. */
  readonly #gets = new Map<string, Promise<string>>();
  #getsBefore = 0;
  #calls = 0;

  private constructor(configuration: Configuration, proxy: CuttingProxy) {
    this.configuration = configuration;
    this.#proxy = proxy;
    this.#traveller = Traveller.send(configuration, proxy.port, 'outages');
  }

  /** Sends one to a server, and waits until it has its session. */
  static async send(configuration: Configuration, port: number): Promise<ProxiedClient> {
    const client = new ProxiedClient(configuration, await CuttingProxy.open(port));
    await client.#traveller.ready();
    return client;
  }

  /** Waits until it has got over the outages so far: another one in its recovery would be too much. */
  async isBack(): Promise<void> {
    await Promise.all(this.#gets.values());
    const { differs } = this.configuration;
    const calls = [...this.#gets.keys()].map((outage) => `${outage}Call`);
    const settled = calls.filter((call) => differs?.[call] !== 'timeout');
    await Promise.all(settled.map((call) => this.#traveller.says(call)));
    await this.#traveller.ready();
  }

  /** Has it call, and waits until the call runs. */
  async callRuns(): Promise<void> {
    this.#traveller.goOn();
    await this.#traveller.ready();
    const { door = 'http', prefer = 'sessions' } = this.configuration;
    // The first bytes of a stream hold the id to come back with; without a session there is none.
    const sight = prefer === 'sessions' ? 'call stream' : 'call head';
    if (door === 'http') await this.#sees(sight, ++this.#calls);
    this.#getsBefore = this.#proxy.seen('get stream');
  }

  /** Cuts its connections. */
  cut(): void {
    this.#proxy.cut();
  }

  /** Has it go on after an outage. */
  async goOn(outage: string): Promise<void> {
    const before = this.#getsBefore;
    const opensAgain = before > 0 && this.configuration.differs?.[`${outage}Get`] !== '-';
    const reopened = opensAgain ? this.#reopened(before + 1) : Promise.resolve('-');
    this.#gets.set(outage, reopened);
    // All that it hears comes on that stream.
    if (this.configuration.door === 'sse') await reopened;
    this.#traveller.goOn();
  }

  /** Has it close. */
  async outcome(): Promise<Outcome> {
    const gets = [...this.#gets].map(async ([outage, get]) => [`${outage}Get`, await get] as const);
    const seen = Object.fromEntries(await Promise.all(gets));
    this.#traveller.goOn();
    return { ...(await this.#traveller.outcome), ...seen };
  }

  leave(): void {
    this.#proxy.close();
  }

  async #reopened(times: number): Promise<string> {
    const isOpen = await this.#sees('get stream', times, AbortSignal.timeout(reopenMs));
    return isOpen ? 'ok' : 'FAIL the GET stream was not opened again';
  }

  /** Whether it is seen before the client has ended. */
  async #sees(sight: Sight, times: number, late?: AbortSignal) {
    const { ended } = this.#traveller;
    return this.#proxy.until(sight, times, late ? AbortSignal.any([late, ended]) : ended);
  }
}
