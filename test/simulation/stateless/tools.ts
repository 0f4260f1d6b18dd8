import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  ElicitResultSchema,
  ListRootsResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { HandleError, type PrincipalLocal } from 'mcp-actors/handles';
import { elicit, listRoots, requestInput } from 'mcp-actors/modern';
import type { CallLedger } from './callLedger.ts';
import type { ThingKind, ThingKinds } from './thingKinds.ts';
import type { ThingLedger } from './thingLedger.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Params = Readonly<Record<string, unknown>>;

/** A call of one of these tools. */
export interface ToolCall {
  readonly nonce: number;
  readonly args: Params;
  readonly extra: Extra;
  /** Whose session it is; in a session of all, the call says whose it is. */
  readonly who: string;
  /** The session's loggable key. */
  readonly session: string;
  /** What a question says: whose it is. */
  readonly payload: string;
  /** Waits for its history to go on. */
  gate(): Promise<void>;
}

/** What the tools of one process use. */
export interface ToolsHost {
  readonly number: number;
  readonly calls: CallLedger;
  readonly things: ThingLedger;
  readonly kinds: ThingKinds;
  readonly carts: Carts;
  now(): number;
}

/** What each principal has in its cart. */
export interface Carts {
  readonly local: PrincipalLocal<number[]>;
  began(user: string, nonce: number): void;
  has(user: string, tokens: readonly number[], added: number): void;
}

const FORM = { type: 'object' as const, properties: { word: { type: 'number' as const } } };

/** Tools that ask, keep live things and know their user, for clients of both eras. */
export class Tools {
  readonly #host: ToolsHost;

  constructor(host: ToolsHost) {
    this.#host = host;
  }

  /** Serves a call, where the tool is one of these. */
  async serve(kind: string, call: ToolCall): Promise<void> {
    if (kind === 'inquire') await this.#inquire(call);
    else if (kind === 'cart') await this.#cart(call);
    else if (kind in this.#host.kinds) await this.#thing(this.#host.kinds[kind as 'page'], call);
  }

  /** Asks its user several times, one or two things at once. */
  async #inquire(call: ToolCall): Promise<void> {
    const { number, calls } = this.#host;
    const { nonce, args } = call;
    for (let left = Number(args['rounds'] ?? 1); left > 0; left--) {
      for (const word of await ask(call)) calls.heard(nonce, word, number);
    }
  }

  async #cart({ nonce, who }: ToolCall): Promise<void> {
    const { calls, carts } = this.#host;
    const user = calls.userOf(nonce) ?? who;
    if (user === 'nobody') return;
    carts.began(user, nonce);
    const tokens = await carts.local.update((all) => [...all, nonce]);
    carts.has(user, tokens, nonce);
  }

  async #thing(kind: ThingKind, call: ToolCall): Promise<void> {
    const { things, calls } = this.#host;
    const { args, nonce, who, session, extra } = call;
    const { signal } = extra;
    const user = calls.userOf(nonce) ?? who;
    const id = String(args['thing']);
    const began = this.#host.now();
    try {
      if (args['verb'] === 'create') things.created(await kind.create(), session);
      else if (args['verb'] === 'list') {
        const own = await kind.list();
        things.listed(
          own.map((each) => each.id),
          user,
          session,
        );
      } else if (args['verb'] === 'destroy') {
        await kind.destroy(id);
        things.destroyed(id, user);
      } else await this.#use(kind, id, user, call);
    } catch (error) {
      things.failed(error, signal);
      if (!(error instanceof HandleError)) throw error;
      if (error.code === 'handle-gone') things.gone(id, user, began);
    }
  }

  async #use(kind: ThingKind, id: string, user: string, call: ToolCall): Promise<void> {
    const { things } = this.#host;
    const { args, nonce, extra } = call;
    const { signal } = extra;
    await kind.use(
      id,
      async (opening, handle) => {
        const leave = things.entered(opening, id, user, handle.state?.tokens ?? []);
        try {
          if (args['verb'] === 'hold') await call.gate();
          if (args['verb'] === 'close') handle.close();
          if (args['verb'] !== 'add' || kind.name === 'shell') return;
          opening.thing.sent.add(nonce);
          await handle.update((state) => void state?.tokens.push(nonce));
          things.changed(opening, nonce);
        } finally {
          leave();
        }
      },
      { signal },
    );
  }
}

/** Asks the user of a call. @returns what the user says: numbers of their own */
async function ask({ args, extra, payload }: ToolCall): Promise<number[]> {
  const text = payload + 'x'.repeat(Number(args['size'] ?? 0));
  if (args['how'] === 'keyed') {
    const { form, roots } = await requestInput({ form: elicit(text, FORM), roots: listRoots() });
    return [...wordsIn(form), ...wordsIn(roots)];
  }
  const folders = (): Promise<Params> =>
    extra.sendRequest(
      { method: 'roots/list', params: { _meta: { payload: text } } },
      ListRootsResultSchema,
    );
  const form = (): Promise<Params> =>
    extra.sendRequest(
      {
        method: 'elicitation/create',
        params: { mode: 'form', message: text, requestedSchema: FORM },
      },
      ElicitResultSchema,
    );
  if (args['how'] === 'two') return (await Promise.all([folders(), form()])).flatMap(wordsIn);
  return wordsIn(await (args['how'] === 'form' ? form() : folders()));
}

/** What a user has said, in an answer to either kind of question. */
function wordsIn(answer: Params): number[] {
  const { content, roots } = answer as {
    readonly content?: { readonly word?: number };
    readonly roots?: readonly { readonly uri: string }[];
  };
  const [first] = roots ?? [];
  return first === undefined ? [Number(content?.word)] : [Number(/\d+/.exec(first.uri)?.[0])];
}
