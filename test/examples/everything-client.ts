import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  type CallToolResult,
  type CompleteRequest,
  type ElicitRequest,
  type ElicitResult,
} from '@modelcontextprotocol/sdk/types.js';

type Answer = NonNullable<ElicitResult['content']>;

/** A client that can be asked, and that keeps what it was told. */
export class EverythingClient {
  readonly client = new Client(
    { name: 'test', version: '1.0.0' },
    { capabilities: { sampling: {}, elicitation: { form: {} } } },
  );
  readonly logged: unknown[] = [];
  readonly updated: string[] = [];
  readonly asked: ElicitRequest['params'][] = [];
  /** What the user fills in when asked; undefined declines. */
  answer: Answer | undefined;

  constructor() {
    this.client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
      role: 'assistant',
      model: 'test',
      content: { type: 'text', text: `answer to ${JSON.stringify(params.messages[0]?.content)}` },
    }));
    this.client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      this.asked.push(params);
      const content = this.answer;
      return content === undefined ? { action: 'decline' } : { action: 'accept', content };
    });
    this.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      this.logged.push(params.data);
    });
    this.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      this.updated.push(params.uri);
    });
  }

  static async connect(url: string): Promise<EverythingClient> {
    const made = new EverythingClient();
    await connect(made.client, url);
    return made;
  }

  async call(name: string, args?: Record<string, unknown>): Promise<CallToolResult> {
    const params = { name, ...(args && { arguments: args }) };
    return (await this.client.callTool(params)) as CallToolResult;
  }

  /** The text of a tool's answer, which must not be an error. */
  async text(name: string, args?: Record<string, unknown>): Promise<string> {
    const result = await this.call(name, args);
    if (result.isError) throw new Error(textOf(result));
    return textOf(result);
  }

  async types(name: string): Promise<string[]> {
    return (await this.call(name)).content.map(({ type }) => type);
  }

  async read(uri: string): Promise<unknown> {
    return (await this.client.readResource({ uri })).contents[0];
  }

  async complete(ref: CompleteRequest['params']['ref'], name: string, value: string) {
    const argument = { name, value };
    return (await this.client.complete({ ref, argument })).completion.values;
  }
}

export function textOf({ content: [first] }: CallToolResult): string {
  return first?.type === 'text' ? first.text : '';
}

export function connect(client: Client, url: string): Promise<void> {
  return client.connect(new StreamableHTTPClientTransport(new URL(url)));
}
