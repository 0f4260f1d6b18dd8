import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListRootsResultSchema,
  type ServerNotification,
  SetLevelRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Session, SessionServer } from 'mcp-actors';
import type { Life } from './life.ts';
import { payloadText } from './payload.ts';
import { answerAsListed } from './stateless/listed.ts';
import type { Tools } from './stateless/tools.ts';
import type { UserCode } from './userCode.ts';
import { UserError } from './userError.ts';

export interface Basket {
  readonly tokens: readonly number[];
}

/** A request that waits for its history to have it answered. */
export interface Gate {
  readonly nonce: number;
  open(): void;
}

const ALONE = { tools: {}, logging: {} };
const BOTH = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  logging: {},
};

type Extra = Parameters<Parameters<Server['setRequestHandler']>[1]>[1];

/** The process that a server runs in. */
export interface UserHost {
  readonly user: UserCode;
  /** Tools of both eras; `undefined` where sessions alone are served. */
  readonly tools: Tools | undefined;
  /** A request has reached a handler. */
  served(server: UserServer, nonce: number, kind: string): void;
  /** A handler is done. @param bytes of its result; `undefined` where nobody waits for that */
  ended(nonce: number, bytes: number | undefined): void;
}

/** What one incarnation of a session is served with: the real server of the SDK, with odd tools. */
export class UserServer {
  readonly server: Server;
  readonly life: Life;
  readonly epoch: number;
  readonly gates: Gate[] = [];
  closes = 0;
  readonly #process: UserHost;
  readonly #session: Session<Basket>;

  constructor(process: UserHost, session: Session<Basket>, life: Life) {
    this.#process = process;
    this.#session = session;
    this.life = life;
    this.epoch = session.wakeCount + 1;
    const capabilities = process.tools === undefined ? ALONE : BOTH;
    this.server = new Server(
      { name: 'simulated', version: '1' },
      { capabilities, ...session.serverOptions },
    );
    this.server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
      const args = params.arguments ?? {};
      const { nonce, size = 0, count = 0 } = args as Record<string, number>;
      // A name may say whose call it is, and what is to become of the call.
      const kind = params.name.replace(/^job /, '').replace(/#.*/, '');
      process.served(this, nonce!, kind);
      const served = this.#serve(kind, nonce!, size, count, extra, args);
      if (process.tools === undefined) return served;
      return served.then(
        (result) => {
          process.ended(nonce!, extra.signal.aborted ? undefined : size);
          return result;
        },
        (error: unknown) => {
          process.ended(nonce!, undefined);
          throw error;
        },
      );
    });
    if (process.tools !== undefined) answerAsListed(this.server, process.user);
    this.server.setRequestHandler(SetLevelRequestSchema, async () => ({}));
  }

  /** As the runtime uses it, in whatever manner. */
  get handle(): SessionServer {
    const { server } = this;
    const { user } = this.#process;
    return {
      connect: async (transport) => {
        await user.later('connect');
        await server.connect(transport);
      },
      close: async () => {
        this.closes++;
        this.life.released.add(this.epoch);
        await user.later('close');
        await server.close();
      },
    };
  }

  /** Says a word of no request. */
  say(nonce: number, size = 0): void {
    const data = this.#text(nonce, undefined) + 'x'.repeat(size);
    // A server that is closed refuses.
    this.server.sendLoggingMessage({ level: 'info', data }).catch(() => {});
  }

  /** Says that a resource has changed. */
  changed(uri: string, nonce: number, size: number): void {
    const params = { uri, _meta: { payload: this.#text(nonce, undefined) + 'x'.repeat(size) } };
    this.server.sendResourceUpdated(params).catch(() => {});
  }

  listChanged(what: 'tools' | 'resources'): void {
    const { server } = this;
    const said = what === 'tools' ? server.sendToolListChanged() : server.sendResourceListChanged();
    said.catch(() => {});
  }

  /** Asks its client, and gives up in its time. */
  ask(nonce: number): void {
    this.#ask(nonce, this.server.request.bind(this.server)).catch(() => {});
  }

  async #serve(
    kind: string,
    nonce: number,
    size: number,
    count: number,
    extra: Extra,
    args: Readonly<Record<string, unknown>>,
  ): Promise<CallToolResult> {
    const session = this.#session;
    const { user } = this.#process;
    switch (kind) {
      case 'add':
      case 'add slowly':
        await session.update(async ({ tokens }) => {
          if (kind === 'add slowly') await user.nap(400);
          return { tokens: [...tokens, nonce] };
        });
        break;
      case 'hold':
        await this.#gate(nonce, extra);
        break;
      case 'talk':
        await extra.sendNotification(this.#notification(nonce, size));
        await this.#gate(nonce, extra);
        break;
      case 'flood':
        for (let i = 0; i < count; i++) {
          extra.sendNotification(this.#notification(nonce, size)).catch(() => {});
        }
        break;
      case 'flood and wait':
        for (let i = 0; i < count; i++) {
          await extra.sendNotification(this.#notification(nonce, size));
        }
        break;
      case 'ask':
        await this.#ask(nonce, extra.sendRequest).catch(() => {});
        break;
      case 'boom':
        throw new UserError('boom');
      case 'stray':
        void Promise.reject(new UserError('stray'));
        break;
      case 'stray later':
        setTimeout(() => {
          throw new UserError('stray later');
        }, 50);
        break;
      case 'own':
        session.own({ close: () => user.later('dispose') });
        break;
      case 'twice':
        void this.server.transport?.send({
          jsonrpc: '2.0',
          id: extra.requestId,
          result: this.#result(nonce, 0),
        });
        break;
      case 'close itself':
        session.close();
        break;
      default:
        await this.#process.tools?.serve(kind, {
          nonce,
          args,
          extra,
          who: session.principal ?? 'nobody',
          session: session.key,
          payload: this.#text(nonce, undefined),
          gate: () => this.#gate(nonce, extra),
        });
    }
    return this.#result(nonce, size);
  }

  #gate(nonce: number, extra: Extra): Promise<void> {
    // Nobody is left to open it; or the request was cancelled in the turn in which it was handed over.
    if (this.#process.user.isQuick || extra.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const gate = {
        nonce,
        open: (): void => {
          const at = this.gates.indexOf(gate);
          if (at >= 0) this.gates.splice(at, 1);
          resolve();
        },
      };
      this.gates.push(gate);
      extra.signal.addEventListener('abort', gate.open, { once: true });
    });
  }

  #ask(nonce: number, request: Server['request'] | Extra['sendRequest']): Promise<unknown> {
    const params = { _meta: { payload: this.#text(nonce, undefined) } };
    return request({ method: 'roots/list', params }, ListRootsResultSchema, { timeout: 4000 });
  }

  #notification(nonce: number, size: number): ServerNotification {
    const data = this.#text(nonce, undefined) + 'x'.repeat(size);
    return { method: 'notifications/message', params: { level: 'info', data } };
  }

  #result(nonce: number, size: number): CallToolResult {
    const text = this.#text(nonce, this.#session.state.tokens) + 'x'.repeat(size);
    return { content: [{ type: 'text', text }] };
  }

  #text(nonce: number, tokens: readonly number[] | undefined): string {
    const { principal: who = 'nobody' } = this.#session;
    const { name: sid } = this.life;
    return payloadText({ sid, who, nonce, epoch: this.epoch, tokens });
  }
}
