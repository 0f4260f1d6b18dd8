import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { Extra } from '../session/exchange.ts';
import type { Message, RequestMessage, ResponseMessage } from '../wire/jsonrpc.ts';
import type { SdkMessage, SdkTransport } from '../wire/sdkTransport.ts';
import { STATELESS_REVISION } from '../wire/versions.ts';
import { innerOf } from './attune.ts';
import { type Line, type NativeSdk, nativeSdk } from './native.ts';
import { discoverFor, enveloped, initialized } from './nativeForm.ts';
import { type Asking, PushQuestions } from './pushQuestions.ts';

/** The public members of a `Server` of SDK v2 that tell how it serves the stateless revision. */
interface NativeInner {
  getNegotiatedProtocolVersion(): string | undefined;
  assertCanSetRequestHandler(method: string): void;
  oninitialized?: (() => unknown) | undefined;
  onerror?: ((error: unknown) => void) | undefined;
}

/**
 * The transport of a session's server, which lets one of SDK v2 serve the stateless revision in its
 * own way. For any other server it is the session's own transport.
 */
export function nativeTransport(
  server: object,
  transport: SdkTransport,
  asking: Asking,
): Awaitable<SdkTransport> {
  const inner = innerOf(server) as Partial<NativeInner> | undefined;
  if (inner === undefined || !isNativeInner(inner)) return transport;
  const made = (sdk: NativeSdk | null): SdkTransport =>
    sdk === null ? transport : new NativeServer(inner, transport, sdk, asking).transport;
  const sdk = nativeSdk();
  return isPromise(sdk) ? sdk.then(made) : made(sdk);
}

/**
 * Whether a server can be tried. One that handles `resources/subscribe` has to hear who follows what,
 * which the stateless revision has no request for: it is served as in a session.
 */
function isNativeInner(inner: Partial<NativeInner>): inner is NativeInner {
  const { getNegotiatedProtocolVersion, assertCanSetRequestHandler: assertFree } = inner;
  if (getNegotiatedProtocolVersion === undefined || assertFree === undefined) return false;
  try {
    assertFree.call(inner, 'resources/subscribe');
    return true;
  } catch {
    return false;
  }
}

/** One server of SDK v2, between the transport of its session and the SDK. */
class NativeServer implements Line {
  readonly transport: SdkTransport;
  readonly #inner: NativeInner;
  readonly #outer: SdkTransport;
  readonly #push: PushQuestions;
  /** The `initialize` that the server was asked `server/discover` for. */
  #greeting: RequestMessage | null = null;

  constructor(inner: NativeInner, outer: SdkTransport, sdk: NativeSdk, asking: Asking) {
    this.#inner = inner;
    this.#outer = outer;
    this.transport = sdk.createTransport(this);
    this.#push = new PushQuestions(sdk, this, asking);
    outer.onmessage = (message, extra) => this.#first(message as Message, extra as Extra);
    outer.onclose = () => {
      this.#push.end();
      this.transport.onclose?.();
    };
  }

  get sessionId(): string | undefined {
    return this.#outer.sessionId;
  }

  close(): Promise<void> {
    return this.#outer.close();
  }

  /** Takes what the server says. */
  send(...[message, options]: Parameters<Line['send']>): Promise<void> {
    const greeting = this.#greeting;
    if (greeting === null || message.method !== undefined || message.id !== greeting.id) {
      return this.#outer.send(message, options);
    }
    this.#greeting = null;
    return this.#outer.send(initialized(message as ResponseMessage, greeting));
  }

  /** The first message finds the server connected: by now the SDK has decided how to serve. */
  #first(message: Message, extra: Extra | undefined): void {
    const outer = this.#outer;
    if (this.#inner.getNegotiatedProtocolVersion() === STATELESS_REVISION) {
      this.#push.serve(this.#inner);
      outer.onmessage = (next, its) => this.#take(next as Message, its as Extra);
    } else {
      outer.onmessage = this.transport.onmessage;
    }
    outer.onmessage?.(message, extra);
  }

  /** Takes what a server of the revision is told. */
  #take(message: Message, extra: Extra | undefined): void {
    if (!('method' in message)) {
      if (!this.#push.takes(message)) this.#tell(message, extra);
    } else if (message.method === 'notifications/initialized') {
      this.#confirmed();
    } else if (!('id' in message)) {
      this.#tell(message, extra);
    } else if (message.method === 'initialize') {
      this.#greeting = message;
      this.#tell(discoverFor(message), extra);
    } else {
      this.#tell(enveloped(message, extra?.call), extra);
    }
  }

  #tell(message: SdkMessage, extra: Extra | undefined): void {
    this.transport.onmessage?.(message, extra);
  }

  /** The revision has no such notification, and a server may wait for it to set itself up. */
  #confirmed(): void {
    Promise.resolve()
      .then(() => this.#inner.oninitialized?.())
      .catch((error: unknown) => this.#inner.onerror?.(error));
  }
}
