import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';
import type { Gates } from '../../support/gates.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Adds a tool that answers with a text. */
export type AddTool = (
  name: string,
  schema: Record<string, z.ZodType>,
  run: (args: Record<string, string>, extra: Extra) => Promise<string>,
) => void;

/** Where the tools of a test's server run, and what they do to their test. */
export interface ToolWorld {
  /** The process. */
  readonly name: string;
  readonly gates: Gates;
  /** Tools that have begun, as `<process> <tool>`. */
  readonly begun: string[];
}
