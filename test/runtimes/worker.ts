import type { Runtime } from 'mcp-actors';
import { createContractRuntime } from './contractServer.ts';

interface Namespace {
  idFromName(name: string): object;
  get(id: object): { fetch(request: Request): Promise<Response> };
}

/** All sessions live in one object: what one request has made, another may use. */
export class McpObject {
  #runtime: Runtime<{ count: number }> | undefined;

  fetch(request: Request): Promise<Response> {
    // Nothing may start a timer or draw a number before there is a request.
    this.#runtime ??= createContractRuntime();
    return this.#runtime.fetch(request);
  }
}

export default {
  fetch(request: Request, { MCP }: { readonly MCP: Namespace }): Promise<Response> {
    return MCP.get(MCP.idFromName('all')).fetch(request);
  },
};
