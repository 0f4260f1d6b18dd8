const END_OF_HEAD = '\r\n\r\n';

/** One HTTP/1.1 response, read as its bytes arrive. Texts are latin-1: a character for each byte. */
export class HttpReader {
  status: number | undefined;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>> = {};
  body = '';
  isWhole = false;
  #rest = '';
  /** Bytes of the body, or of its present chunk, that are still to come. */
  #due = 0;
  #isChunked = false;

  /** Takes what has arrived. @returns what is behind the end of the response */
  push(text: string): string {
    this.#rest += text;
    while (!this.isWhole && this.#step());
    const behind = this.isWhole ? this.#rest : '';
    if (this.isWhole) this.#rest = '';
    return behind;
  }

  /** @returns whether there may be more to read */
  #step(): boolean {
    if (this.status === undefined) return this.#readHead();
    if (this.#due > 0) return this.#readBody();
    if (!this.#isChunked) {
      this.isWhole = true;
      return false;
    }
    return this.#readSize();
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const [line = '', ...fields] = this.#rest.slice(0, end).split('\r\n');
    this.#rest = this.#rest.slice(end + END_OF_HEAD.length);
    this.status = Number(line.split(' ')[1]);
    const pairs = fields.map((field) => field.split(/: (.*)/s, 2) as [string, string]);
    this.headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
    this.#isChunked = this.headers['transfer-encoding'] === 'chunked';
    this.#due = Number(this.headers['content-length'] ?? 0);
    return true;
  }

  #readBody(): boolean {
    const taken = this.#rest.slice(0, this.#due);
    this.#rest = this.#rest.slice(taken.length);
    this.#due -= taken.length;
    this.body += taken;
    return this.#due === 0;
  }

  #readSize(): boolean {
    // The end of the chunk before, where there was one.
    const [, line, size] = /^((?:\r\n)?([\da-f]+)\r\n)/.exec(this.#rest) ?? [];
    if (line === undefined) return false;
    this.#due = parseInt(size!, 16);
    if (this.#due === 0) {
      // No trailers: an empty line is the end.
      if (this.#rest.length < line.length + 2) return false;
      this.isWhole = true;
    }
    this.#rest = this.#rest.slice(line.length + (this.isWhole ? 2 : 0));
    return !this.isWhole;
  }
}
