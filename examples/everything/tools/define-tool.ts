import { ToolSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { failure } from './results.ts';
import type { Tool, ToolContext } from './tool.ts';

interface Definition<Input extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  run(args: z.output<Input>, context: ToolContext): CallToolResult | Promise<CallToolResult>;
}

/** Makes a tool whose schema is converted once, not once per session or per list. */
export function defineTool<Input extends z.ZodObject>(definition: Definition<Input>): Tool {
  const { name, description, input } = definition;
  // 2020-12 is the default of MCP: said once more, it makes clients fail that know no other dialect.
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  const inputSchema = ToolSchema.shape.inputSchema.parse(schema);
  return {
    listing: { name, description, inputSchema },
    run(args, context) {
      const parsed = input.safeParse(args);
      // A tool result and not a protocol error: the model can read it and try again.
      if (!parsed.success) return failure(`Invalid arguments\n${z.prettifyError(parsed.error)}`);
      return definition.run(parsed.data, context);
    },
  };
}
