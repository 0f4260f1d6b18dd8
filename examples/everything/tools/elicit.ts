import type { ElicitRequestFormParams, ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import type { ToolContext } from './tool.ts';

type Properties = ElicitRequestFormParams['requestedSchema']['properties'];

const patienceMs = 5 * 60_000;

/** Shows the user a form, on the stream of the tool's own call, and waits as people need. */
export function elicit(
  { server, extra }: ToolContext,
  message: string,
  properties: Properties,
): Promise<ElicitResult> {
  return server.elicitInput(
    { mode: 'form', message, requestedSchema: { type: 'object', properties } },
    { relatedRequestId: extra.requestId, signal: extra.signal, timeout: patienceMs },
  );
}
