interface Reply {
  readonly result?: { readonly content: readonly { readonly text: string }[] };
  readonly error?: unknown;
}

/** A client of `machineChild.ts`, whose session outlives the process that serves it. */
export class LightClient {
  #id: string | undefined;
  #ids = 0;

  async open(url: string): Promise<void> {
    await this.#post(url, 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'client', version: '1' },
    });
    await this.#post(url, 'notifications/initialized');
  }

  /** Calls a tool. */
  async call(url: string, name: string): Promise<unknown> {
    const { result, error } = await this.#post(url, 'tools/call', { name, arguments: {} });
    return result?.content[0]?.text ?? error;
  }

  async #post(url: string, method: string, params?: object): Promise<Reply> {
    const isAsked = !method.startsWith('notifications/');
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(this.#id !== undefined && { 'mcp-session-id': this.#id }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...(isAsked && { id: ++this.#ids }), method, params }),
    });
    this.#id ??= response.headers.get('mcp-session-id') ?? undefined;
    const text = await response.text();
    const data = /^data: (\{.*)$/m.exec(text)?.[1] ?? text;
    return (data === '' ? {} : JSON.parse(data)) as Reply;
  }
}
