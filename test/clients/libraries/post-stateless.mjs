let ids = 0;

/**
 * Posts a request of the stateless revision.
 *
 * @param tools as they were listed: they say which arguments are repeated in headers
 * @returns the response of JSON-RPC
 */
export async function postStateless(url, { method, params }, { headers, tools = [], signal }) {
  const id = `raw-${++ids}`;
  const name = params.name ?? params.taskId;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(name && { 'mcp-name': name }),
      ...argumentHeaders(tools, params),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    signal,
  });
  const text = await response.text();
  return JSON.parse(text.startsWith('{') ? text : text.split('data: ').at(-1));
}

/** All of them are encoded, so that none has to be looked at. */
function argumentHeaders(tools, { name, arguments: args = {} }) {
  const { properties = {} } = tools.find((tool) => tool.name === name)?.inputSchema ?? {};
  const repeated = Object.entries(properties).filter(
    ([key, schema]) => schema['x-mcp-header'] && args[key] !== undefined,
  );
  return Object.fromEntries(
    repeated.map(([key, schema]) => [
      `mcp-param-${schema['x-mcp-header']}`,
      `=?base64?${Buffer.from(args[key]).toString('base64')}?=`,
    ]),
  );
}
