import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  type ListToolsResult,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { clientTools } from './client-tools.ts';
import { contentTools } from './content-tools.ts';
import { inputTools } from './input-tools.ts';
import { jsonSchemaTool } from './json-schema-tool.ts';
import { runningTools } from './running-tools.ts';
import { sessionTools } from './session-tools.ts';
import { simpleTools } from './simple-tools.ts';
import { failure } from './results.ts';
import { taskTools } from './task-tools.ts';
import type { Tool, ToolHost } from './tool.ts';

const broken: number = ErrorCode.InternalError;

const tools = [
  ...simpleTools,
  ...runningTools,
  ...sessionTools,
  ...contentTools,
  ...clientTools,
  jsonSchemaTool,
];
const stateless = [...inputTools, ...taskTools];
/** The tools of all revisions. */
export const allTools: readonly Tool[] = [...tools, ...stateless];

/** Tools as all sessions share them. */
export interface ToolTable {
  readonly byName: ReadonlyMap<string, Tool>;
  readonly listing: ListToolsResult;
  /** The listing in the stateless revision. */
  readonly statelessListing: ListToolsResult;
}

/** The tools of the example, and more where somebody has more. */
export function toolTable(more: readonly Tool[] = []): ToolTable {
  const listed = [...tools, ...more];
  const all = [...listed, ...stateless];
  return {
    byName: new Map(all.map((tool) => [tool.listing.name, tool])),
    listing: { tools: listed.map((tool) => tool.listing) },
    statelessListing: { tools: all.map((tool) => tool.listing) },
  };
}

export const everyTool = toolTable();

/** Answers `tools/list` and `tools/call` of one session. */
export function serveTools(host: ToolHost, table: ToolTable): void {
  host.server.setRequestHandler(ListToolsRequestSchema, () =>
    host.session.era === 'modern' ? table.statelessListing : table.listing,
  );

  host.server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = table.byName.get(params.name);
    // The name is not repeated: it is the caller's text, and may be a megabyte long.
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, 'Unknown tool');
    try {
      return await tool.run(params.arguments ?? {}, { ...host, extra });
    } catch (error) {
      // A tool that is broken says so to the client, and not to its model.
      if (error instanceof McpError && error.code === broken) throw error;
      return failure(error instanceof Error ? error.message : String(error));
    }
  });
}
