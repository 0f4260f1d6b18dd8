export interface HttpReply {
  readonly status: number;
  /** The status line and the headers, as they came. */
  readonly head: string;
  readonly body: string;
}

/**
 * The least of HTTP/1.1 a driver needs: one response at a time, sized by content-length or chunked.
 * Text is latin1 throughout; the bench sends ASCII only.
 */
export class HttpParser {
  #pending = '';

  /** The response this text completes, or nothing while bytes are missing. */
  push(text: string): HttpReply | undefined {
    const all = this.#pending === '' ? text : this.#pending + text;
    const reply = parse(all);
    this.#pending = reply ? '' : all;
    return reply;
  }
}

function parse(text: string): HttpReply | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const status = Number(head.slice(9, 12));
  const bodyStart = headEnd + 4;
  const length = header(head, 'content-length');
  if (length !== undefined) {
    const bodyEnd = bodyStart + Number(length);
    if (text.length < bodyEnd) return undefined;
    return whole(text, bodyEnd, { status, head, body: text.slice(bodyStart, bodyEnd) });
  }
  if (header(head, 'transfer-encoding') === 'chunked')
    return chunked(text, bodyStart, status, head);
  if (status === 204 || status === 304) return whole(text, bodyStart, { status, head, body: '' });
  throw new Error(`A response without a length: ${head}`);
}

function chunked(text: string, start: number, status: number, head: string): HttpReply | undefined {
  let body = '';
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('A chunk without a size');
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    if (size === 0) return whole(text, next, { status, head, body });
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
}

/** The driver never pipelines, so bytes behind a response are a server's fault. */
function whole(text: string, end: number, reply: HttpReply): HttpReply {
  if (text.length !== end) throw new Error(`${text.length - end} bytes too many after a response`);
  return reply;
}

const patterns = new Map<string, RegExp>();

export function header(head: string, name: string): string | undefined {
  let pattern = patterns.get(name);
  if (!pattern) {
    pattern = new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i');
    patterns.set(name, pattern);
  }
  return pattern.exec(head)?.[1];
}
