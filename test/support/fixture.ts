import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ElicitResultSchema,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';
import { Gates } from './gates.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
interface Args {
  readonly text?: string;
  readonly texts?: readonly string[];
  readonly gate?: string;
  readonly before?: string;
  readonly count?: number;
  readonly message?: string;
  readonly on?: 'get' | 'post';
}
type Tool = (args: Args, extra: Extra, server: Server) => Promise<CallToolResult>;

/** Makes SDK servers whose tools a test holds by gates, and remembers what was made. */
export class Fixture {
  readonly gates = new Gates();
  readonly sessions: Session[] = [];
  readonly servers: Server[] = [];
  /** Tools that ran to their end, by the text they answered. */
  readonly finished: string[] = [];
  /** Runs before a server is built; throw or wait here. */
  onBuild: (session: Session) => void | Promise<void> = () => {};
  /** Has the server before it is connected. */
  onServer: (server: Server, session: Session) => void = () => {};

  /** How often the factory was called. */
  builds = 0;

  readonly factory = async (session: Session): Promise<Server> => {
    this.builds++;
    this.sessions.push(session);
    await this.onBuild(session);
    const server = new Server(
      { name: 'fixture', version: '1.0.0' },
      { ...session.serverOptions, capabilities: { tools: { listChanged: true }, logging: {} } },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: Object.keys(this.#tools).map((name) => ({ name, inputSchema: { type: 'object' } })),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
      const tool = this.#tools[params.name];
      if (tool === undefined) throw new McpError(-32602, 'no such tool');
      const result = await tool(params.arguments ?? {}, extra, server);
      const [content] = result.content;
      if (content?.type === 'text') this.finished.push(content.text);
      return result;
    });
    this.onServer(server, session);
    this.servers.push(server);
    return server;
  };

  readonly #tools: Record<string, Tool> = {
    echo: async ({ text = '' }) => say(text),

    /** Waits at the gate it is given, and stops when it is told to. */
    slow: async ({ gate = '' }, { signal }) => {
      await this.gates.pass(gate, signal);
      return say(`passed ${gate}`);
    },

    /** Waits at a gate and does not care for being cancelled. */
    deaf: async ({ gate = '' }) => {
      await this.gates.pass(gate, new AbortController().signal);
      return say(`passed ${gate}`);
    },

    /** Tells progress as fast as it can, awaiting nothing. */
    progress: async ({ count = 0 }, { _meta, sendNotification }) => {
      const progressToken = _meta?.progressToken;
      for (let progress = 1; progress <= count; progress++) {
        if (progressToken === undefined) break;
        const params = { progressToken, progress, total: count };
        void sendNotification({ method: 'notifications/progress', params });
      }
      return say(`progressed ${count}`);
    },

    /** Says something about its own call; waits before and after it where it is given gates. */
    say: async ({ texts = [], before, gate }, { sendNotification, signal }) => {
      if (before !== undefined) await this.gates.pass(before, signal);
      for (const text of texts) await sendNotification(logged(text));
      if (gate !== undefined) await this.gates.pass(gate, signal);
      return say('said');
    },

    /** Says something that belongs to no call. */
    log: async ({ text = '' }, _extra, server) => {
      await server.notification(logged(text));
      return say('logged');
    },

    /** Says so many bytes, a word at a time, and waits each time until the client keeps up. */
    flood: async ({ count = 0, on }, { sendNotification }, server) => {
      const word = logged('x'.repeat(100_000));
      for (let i = 0; i < count; i++) {
        await (on === 'get' ? server.notification(word) : sendNotification(word));
      }
      return say(`flooded ${count}`);
    },

    /** Asks its client, on the stream of the call or on the standing one. */
    elicit: async ({ message = '', before, on }, extra, server) => {
      if (before !== undefined) await this.gates.pass(before, extra.signal);
      const params = {
        mode: 'form' as const,
        message,
        requestedSchema: { type: 'object' as const, properties: {} },
      };
      const request = { method: 'elicitation/create' as const, params };
      try {
        const result =
          on === 'get'
            ? await server.request(request, ElicitResultSchema)
            : await extra.sendRequest(request, ElicitResultSchema);
        return say(`${message}: ${result.action} ${JSON.stringify(result.content ?? null)}`);
      } catch (error) {
        return say(`${message}: error ${(error as McpError).code}`);
      }
    },

    /** Closes its own stream and answers when the gate opens. */
    hangUp: async ({ gate = '' }, { closeSSEStream, signal }) => {
      closeSSEStream?.();
      await this.gates.pass(gate, signal);
      return say(`passed ${gate}`);
    },

    /** Answers with something JSON has no words for. */
    unspeakable: async () => ({ content: [], structuredContent: { value: 1n } }),
  };
}

export function logged(data: string): {
  method: 'notifications/message';
  params: { level: 'info'; data: string };
} {
  return { method: 'notifications/message', params: { level: 'info', data } };
}

function say(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
