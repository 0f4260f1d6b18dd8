type List = (...args: unknown[]) => unknown;

/** The part of an SDK's server, v1 or v2, that keeps the handlers of its requests. */
interface Handlers {
  readonly server?: { readonly _requestHandlers?: Map<string, List> };
}

interface ToolsResult {
  readonly tools: readonly { readonly name: string }[];
}

/**
 * Leaves tools out of what a server lists. A tool that the SDK has disabled could not say why it is:
 * these can be called.
 *
 * @param isHidden asked for each tool, whenever the tools are listed
 */
export function hideTools(server: object, isHidden: (name: string) => boolean): void {
  const handlers = (server as Handlers).server?._requestHandlers;
  const list = handlers?.get('tools/list');
  // A server that keeps its handlers elsewhere lists all tools, and those answer for themselves.
  if (handlers === undefined || list === undefined) return;
  handlers.set('tools/list', async (...args) => {
    const result = (await list(...args)) as ToolsResult;
    return { ...result, tools: result.tools.filter(({ name }) => !isHidden(name)) };
  });
}
