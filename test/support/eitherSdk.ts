import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServerV2, type ServerContext } from '@modelcontextprotocol/server';

type V1Handler = (args: unknown, extra: unknown) => never;
type Register = (name: string, config: object, handler: (...given: never[]) => unknown) => unknown;

const made: McpServerV2[] = [];

/** A server of SDK v2 whose tools are written as those of v1 are. */
class V1Form extends McpServerV2 {
  constructor(...given: ConstructorParameters<typeof McpServerV2>) {
    super(...given);
    made.push(this);
  }

  override registerTool = ((name: string, config: object, handler: V1Handler) => {
    const register = super.registerTool.bind(this) as unknown as Register;
    return register(name, config, (args: unknown, context: ServerContext) =>
      handler(args, extraOf(context)),
    );
  }) as never;
}

/** What a handler of v2 is given, under the names of v1. */
function extraOf({ http, mcpReq }: ServerContext) {
  const { _meta, id: requestId, notify, signal } = mcpReq;
  return { _meta, authInfo: http?.authInfo, requestId, sendNotification: notify, signal };
}

/** The server of the SDK that a test is written for, and that {@link onV2} exchanges. */
export let McpServer: typeof McpServerV1 = McpServerV1;
export type McpServer = McpServerV1;

/** Has the servers of tests be those of SDK v2, for the whole process. @returns all that are made */
export function onV2(): McpServerV2[] {
  McpServer = V1Form as unknown as typeof McpServerV1;
  return made;
}
