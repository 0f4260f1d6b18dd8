import { ErrorCode, McpError, type CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { failure } from '../../examples/everything/tools/results.ts';

export const INFO = { name: 'everything', title: 'Everything', version: '1.0.0' };
export const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  logging: {},
  completions: {},
};

const broken: number = ErrorCode.InternalError;

/**
 * What a tool comes to in a high-level server, which makes a tool error of whatever a handler throws.
 * A result that is none is the one way for a handler to fail as a request fails.
 */
export async function outcomeOf(
  run: () => CallToolResult | Promise<CallToolResult>,
): Promise<CallToolResult> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof McpError && error.code === broken) return { content: null } as never;
    return failure(error instanceof Error ? error.message : String(error));
  }
}
