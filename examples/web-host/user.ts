import { EventLog } from './event-log.ts';

interface Result {
  readonly content: readonly { readonly text?: string }[];
}

/** Does over HTTP what the page does in a browser, with a cookie and an event stream of its own. */
export class User {
  url = '';
  name = '';
  cookie = '';
  events!: EventLog;

  static async open(url: string, name: string): Promise<User> {
    const { headers } = await fetch(url);
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const { body } = await fetch(`${url}/events`, { headers: { cookie } });
    return Object.assign(new User(), { url, name, cookie, events: new EventLog(body!) });
  }

  /** Calls a tool. @returns the text of its answer */
  async call(server: string, tool: string, args: object = {}): Promise<string | undefined> {
    const response = await this.post('/call', { server, tool, args });
    const { content } = (await response.json()) as Result;
    return content[0]?.text;
  }

  /** @returns the status it was answered with */
  async answer(id: unknown, answer: object): Promise<number> {
    return (await this.post('/answer', { id, answer })).status;
  }

  post(path: string, body: object, others: Record<string, string> = {}): Promise<Response> {
    const headers = { cookie: this.cookie, 'content-type': 'application/json', ...others };
    return fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}
