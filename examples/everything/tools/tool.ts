import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { CallToolResult, Tool as ToolListing } from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';
import type { Log } from '../logging.ts';
import type { RequestExtra } from '../request-extra.ts';
import type { EverythingState } from '../state.ts';

/** What the tools of one session share. */
export interface ToolHost {
  readonly server: Server;
  readonly session: Session<EverythingState>;
  readonly log: Log;
}

/** What a tool is given beside its arguments: its session, and the request it answers. */
export interface ToolContext extends ToolHost {
  readonly extra: RequestExtra;
}

/** A tool holds nothing of any session, so all sessions share it. */
export interface Tool {
  readonly listing: ToolListing;
  run(args: unknown, context: ToolContext): CallToolResult | Promise<CallToolResult>;
}
