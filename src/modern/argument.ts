import { isObject, type RequestMessage, type ResponseMessage } from '../wire/jsonrpc.ts';
import type { ParamHeader } from './paramHeaders.ts';

const HEADER = 'Session';

/** What a caller is told whose session is gone, was never there, or is another's: one text. */
export const SESSION_GONE =
  'There is no such session: it expired, or never was yours. ' +
  'Call again without this argument to begin a new one.';

/** The argument by which tool calls name the session they belong to, where nothing else does. */
export class SessionArgument {
  readonly #name: string;
  readonly #lasts: string;
  readonly header: ParamHeader;

  /** @param lastsMs how long a session is kept after its last use */
  constructor(name: string, lastsMs: number) {
    this.#name = name;
    this.#lasts = durationOf(lastsMs);
    this.header = { header: `mcp-param-${HEADER.toLowerCase()}`, path: [name] };
  }

  /** The session that a tool call names; an empty name is none. */
  namedBy({ params }: Pick<RequestMessage, 'params'>): unknown {
    const args = params?.['arguments'];
    const named = isObject(args) && Object.hasOwn(args, this.#name) ? args[this.#name] : undefined;
    return named === '' || named === null ? undefined : named;
  }

  /** The same argument under a name that no tool of a list has for itself. */
  static of(name: string, taken: ReadonlySet<string>, lastsMs: number): SessionArgument {
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
    return new SessionArgument(free, lastsMs);
  }

  /** Params without the argument: the server behind does not know of it. */
  without(params: RequestMessage['params']): RequestMessage['params'] {
    const args = params?.['arguments'];
    if (!isObject(args) || !Object.hasOwn(args, this.#name)) return params;
    const { [this.#name]: _named, ...rest } = args;
    return { ...params, arguments: rest };
  }

  /** A list of tools, each with the argument. */
  added(response: ResponseMessage): ResponseMessage {
    const tools = response.result?.['tools'];
    if (!Array.isArray(tools)) return response;
    return {
      ...response,
      result: { ...response.result, tools: tools.map((tool) => this.#in(tool)) },
    };
  }

  /** The result of a tool call, with the id of the session that keeps what the call did. */
  announced(response: ResponseMessage, id: string): ResponseMessage {
    const { result } = response;
    if (result === undefined) return response;
    const content = Array.isArray(result['content']) ? result['content'] : [];
    const kept = `Session ${id} keeps what this call did${this.#lasts}`;
    const text = `${kept}: pass it as \`${this.#name}\`.`;
    const meta = isObject(result['_meta']) ? result['_meta'] : {};
    return {
      ...response,
      result: {
        ...result,
        content: [...content, { type: 'text', text }],
        _meta: { ...meta, 'mcp-actors/session': id },
      },
    };
  }

  #in(tool: unknown): unknown {
    if (!isObject(tool)) return tool;
    const { inputSchema: schema } = tool;
    if (!isObject(schema) || schema['type'] !== 'object') return tool;
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const argument = {
      type: 'string',
      description: 'Id of your session, from an earlier result. Leave it out to begin a new one.',
      'x-mcp-header': HEADER,
    };
    return {
      ...tool,
      inputSchema: { ...schema, properties: { ...properties, [this.#name]: argument } },
    };
  }
}

function durationOf(ms: number): string {
  if (ms === Infinity) return '';
  const minutes = Math.floor(ms / 60_000);
  const text = minutes >= 1 ? `${minutes} min` : `${Math.ceil(ms / 1000)} s`;
  return ` for ${text} after its last use`;
}
