import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { SdkMessage, SdkTransport } from '../wire/sdkTransport.ts';
import { type Channel, openChannel, type Wire } from './channel.ts';
import { ActorsError } from '../base/errors.ts';
import { CountedStream } from '../http/countedStream.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';

/** What a client in the same process says of itself to the runtime. */
export interface MemoryOptions {
  /** The caller, as a host would have validated it; anonymous without it. */
  readonly authInfo?: AuthInfo;
  /** What `principal` and handlers see as the headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What {@link MemoryOptions} knows. */
const MEMORY_NAMES: NamesOf<MemoryOptions> = {
  authInfo: true,
  headers: true,
};

/**
 * Connects a client of the SDK, v1 or v2, to a session of its own in the same process:
 * `await client.connect(connectInMemory(runtime))`. Messages pass as JSON text, so both sides share
 * nothing by reference; there is no port, no socket and nothing of Node.
 *
 * `start()` rejects with ActorsError `not-admitted` when the runtime takes no session.
 */
export function connectInMemory(
  runtime: Pick<Runtime, 'fetch'>,
  options: MemoryOptions = {},
): SdkTransport {
  checkNames('connectInMemory', options, MEMORY_NAMES);
  return new MemoryTransport(runtime, options);
}

class MemoryTransport implements SdkTransport {
  onmessage?: SdkTransport['onmessage'];
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  readonly #runtime: Pick<Runtime, 'fetch'>;
  readonly #options: MemoryOptions;
  #channel: Channel | null = null;
  #wire: StreamWire | null = null;

  constructor(runtime: Pick<Runtime, 'fetch'>, options: MemoryOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#wire !== null) throw new ActorsError('session-over', 'a transport starts once');
    const endpoint = endpointOf(this.#runtime);
    const { authInfo, headers = {} } = this.#options;
    const wire = new StreamWire();
    const origin = { head: { method: '', headers }, authInfo };
    const channel = openChannel(endpoint, origin, wire);
    if (typeof channel === 'string') {
      throw new ActorsError('not-admitted', `the runtime takes no session: ${channel}`);
    }
    this.#wire = wire;
    this.#channel = channel;
    // Read in a loop of its own: the client's code must not run as part of the session.
    this.#pump(wire.readable.getReader()).catch((error: unknown) => endpoint.failed(error));
  }

  async send(message: SdkMessage): Promise<void> {
    if (this.#channel?.isReachable !== true) {
      throw new ActorsError('session-over', 'the connection is closed');
    }
    this.#channel.receive(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#channel?.left();
    this.#wire?.end();
  }

  async #pump(reader: ReadableStreamDefaultReader<string>): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      this.#tell(() => this.onmessage?.(JSON.parse(value) as SdkMessage));
    }
    this.#tell(() => this.onclose?.());
  }

  /** Calls the client, whose error is for the client. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

class StreamWire extends CountedStream<string> implements Wire {
  readonly carrier = 'memory';
  readonly #callbacks: (() => void)[];

  constructor() {
    const callbacks: (() => void)[] = [];
    super(() => {
      for (const callback of callbacks.splice(0)) callback();
    });
    this.#callbacks = callbacks;
  }

  whenGone(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  send(json: string): void {
    this.write(json);
  }
}
