import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { check } from '../base/check.ts';
import { ActorsError } from '../base/errors.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { UserActor } from '../session/userActor.ts';
import { ActorFacade } from './actorFacade.ts';
import type {
  Answer,
  AnyTool,
  Arguments,
  Offer,
  OfferedTools,
  OfferOptions,
  OfferServer,
} from './offerOptions.ts';
import { hideTools } from './toolList.ts';
import { mayTake, stateInWords, takes } from './words.ts';

type Register = (...args: unknown[]) => unknown;

/** What {@link OfferOptions} knows. */
const NAMES: NamesOf<OfferOptions> = { resource: true };

const TOOL: NamesOf<AnyTool> = {
  event: true,
  title: true,
  description: true,
  input: true,
  config: true,
  members: true,
  listed: true,
  until: true,
  timeoutMs: true,
  answer: true,
};

const LIST_CHANGED = 'notifications/tools/list_changed';

/**
 * Gives a server tools that send events to a session's actor. A tool is listed while the state takes
 * its event, and clients are told when that changes. One that is called all the same is refused with
 * the state in words and the tools that would do; where lists may not vary, as in the stateless
 * revision, each is listed and refused so.
 *
 * Call in the factory.
 *
 * @param server an `McpServer` of either SDK
 * @throws ActorsError `bad-option`
 */
export function offer<L extends AnyStateMachine>(
  server: OfferServer,
  actor: UserActor<L>,
  tools: OfferedTools<L>,
  options: OfferOptions = {},
): Offer {
  checkNames('offer', options, NAMES);
  if (!(actor instanceof ActorFacade)) {
    throw new ActorsError('bad-option', 'offer takes session.actor, or what session.spawn returns');
  }
  // Inside, nothing is known of the events but that they are the machine's.
  const table = new Map(Object.entries(tools as unknown as Record<string, AnyTool>));
  for (const [name, tool] of table) {
    checkNames(`the tool ${name}`, tool, TOOL);
    check(`${name}.event`, 'a text', tool.event, (value) => typeof value === 'string');
  }
  const offered = new Offered(actor, table);
  offered.register(server, options);
  return offered;
}

/** The tools of one actor, in one server. */
class Offered implements Offer {
  readonly #actor: ActorFacade;
  readonly #tools: ReadonlyMap<string, AnyTool>;
  /** The tools that the client knows to be there. */
  #told: string;
  #isTelling = false;

  constructor(actor: ActorFacade, tools: ReadonlyMap<string, AnyTool>) {
    this.#actor = actor;
    this.#tools = tools;
    this.#told = this.available().join();
  }

  register(server: OfferServer, { resource = false }: OfferOptions): void {
    const registerTool = (server.registerTool as Register).bind(server);
    for (const [name, tool] of this.#tools) {
      const { title, description, input, config } = tool;
      const settings = {
        ...config,
        ...(title !== undefined && { title }),
        ...(description !== undefined && { description }),
        ...(input !== undefined && { inputSchema: input }),
      };
      registerTool(name, settings, (...given: unknown[]) => {
        const args = input === undefined ? {} : (given[0] as Arguments);
        return this.#call(name, args, signalOf(given.at(-1)));
      });
    }
    if (resource !== false) this.#registerResource(server, resource);
    if (this.#actor.host.session.era === 'modern') return;
    hideTools(server, (name) => this.#isHidden(name));
    this.#actor.subscribe(() => this.#listChanged());
  }

  available(): readonly string[] {
    return [...this.#tools.keys()].filter((name) => !this.#isHidden(name));
  }

  describe(): string {
    const available = this.available();
    const next = available.map((name) => {
      const { description } = this.#tools.get(name)!;
      return description === undefined ? `- ${name}` : `- ${name}: ${description}`;
    });
    const state = stateInWords(this.#snapshot);
    if (next.length === 0) return `${state} Nothing can be done now.`;
    return [state, 'What can be done next:', ...next].join('\n');
  }

  get #snapshot(): AnyMachineSnapshot {
    return this.#actor.getSnapshot() as AnyMachineSnapshot;
  }

  #isHidden(name: string): boolean {
    const tool = this.#tools.get(name);
    if (tool === undefined) return false;
    const { event: type, input, listed } = tool;
    const snapshot = this.#snapshot;
    const isTaken =
      input === undefined ? takes(snapshot, eventOf(tool, {})) : mayTake(snapshot, type);
    return !isTaken || listed?.(snapshot) === false;
  }

  async #call(name: string, args: Arguments, signal: AbortSignal | undefined): Promise<unknown> {
    const tool = this.#tools.get(name)!;
    const event = eventOf(tool, args);
    if (!takes(this.#snapshot, event)) return this.#refusal();
    this.#actor.sendFor(name, event);
    const { until, timeoutMs, answer } = tool;
    if (until !== undefined) {
      const test = until as (snapshot: unknown) => boolean;
      await this.#actor.waitFor(test, { signal, ...(timeoutMs !== undefined && { timeoutMs }) });
    }
    const snapshot = this.#snapshot;
    return resultOf(answer === undefined ? this.describe() : await answer(snapshot, event));
  }

  #refusal(): unknown {
    const available = this.available();
    const others = available.length === 0 ? 'No tool does anything now' : 'Tools that would do';
    const names = available.length === 0 ? '' : `: ${available.join(', ')}`;
    const text = `Not possible now. ${stateInWords(this.#snapshot)} ${others}${names}.`;
    return { ...resultOf(text), isError: true };
  }

  /** Tells the client, once for all that changes in one turn. */
  #listChanged(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#actor.host.later(() => {
      this.#isTelling = false;
      const available = this.available().join();
      if (available === this.#told) return;
      this.#told = available;
      this.#actor.host.session.notify(LIST_CHANGED);
    });
  }

  #registerResource(server: OfferServer, resource: string | true): void {
    const uri = resource === true ? 'machine://state' : resource;
    const settings = { description: 'What state this is in, and what can be done next.' };
    (server.registerResource as Register).call(server, this.#actor.id, uri, settings, () => ({
      contents: [{ uri, mimeType: 'text/plain', text: this.describe() }],
    }));
  }
}

/** The event of a call. Its type comes last: nothing that a client says becomes one. */
function eventOf({ event: type, members }: AnyTool, args: Arguments): { readonly type: string } {
  return { ...(members === undefined ? args : members(args)), type };
}

function resultOf(answer: Answer): Readonly<Record<string, unknown>> {
  return typeof answer === 'string' ? { content: [{ type: 'text', text: answer }] } : answer;
}

/** What aborts a call: both SDKs hand it to a handler, each in its own place. */
function signalOf(extra: unknown): AbortSignal | undefined {
  const { signal, mcpReq } = (extra ?? {}) as {
    readonly signal?: AbortSignal;
    readonly mcpReq?: { readonly signal?: AbortSignal };
  };
  return signal ?? mcpReq?.signal;
}
