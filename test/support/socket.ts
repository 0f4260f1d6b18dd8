import { connect } from 'node:net';

/**
 * Writes bytes to a port, each piece a segment of its own, and reads until that many responses are
 * whole: until each head has a body as long as it declares, or a last chunk.
 */
export function exchangeBytes(
  port: number,
  responses: number,
  pieces: readonly string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (data: string) => {
      text += data;
      if (wholeResponses(text) >= responses) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('connect', () => write(pieces));

    const write = ([first, ...rest]: readonly string[]): void => {
      if (first !== undefined) socket.write(first, () => setImmediate(() => write(rest)));
    };
  });
}

function wholeResponses(text: string): number {
  let count = 0;
  for (let at = 0; ; count++) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return count;
    const head = text.slice(at, end);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    if (length === undefined) {
      const last = text.indexOf('0\r\n\r\n', end);
      if (last < 0) return count;
      at = last + 5;
    } else {
      at = end + 4 + Number(length);
      if (at > text.length) return count;
    }
  }
}
