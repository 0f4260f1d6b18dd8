import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AuthInfo } from '../wire/authInfo.ts';
import { refusalBody, REFUSALS } from '../wire/refusals.ts';
import { CommandError, EXIT } from './exit.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Shorter ones can be guessed. */
const MIN_CHARACTERS = 16;

/** Lets in whoever brings the token; all of them are one principal. */
export class TokenGuard {
  readonly #digest: Buffer;

  /**
   * @param name of the variable that has the token
   * @throws CommandError
   */
  constructor(name: string, token: string | undefined) {
    const what = token === undefined ? 'is not set' : 'is too short';
    if (token === undefined || token.length < MIN_CHARACTERS) {
      const text = `--token-env ${name}: it ${what}; a token has ${MIN_CHARACTERS} characters or more`;
      throw new CommandError(EXIT.failed, text);
    }
    this.#digest = digestOf(token);
  }

  /** @throws where the caller does not bring the token */
  readonly authenticate = ({ headers }: IncomingMessage): AuthInfo => {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (!timingSafeEqual(digestOf(token), this.#digest)) throw new Error('no such token');
    return { token, clientId: 'token', scopes: [], extra: { sub: 'token' } };
  };

  /**
   * Refuses requests of a server before its own listeners hear of them. Called before the first.
   *
   * @param open paths that need no token
   */
  watch(server: Server, open: ReadonlySet<string>): void {
    for (const event of ['request', 'checkContinue'] as const) {
      const own = server.listeners(event) as Listener[];
      server.removeAllListeners(event);
      server.on(event, (request: IncomingMessage & { auth?: AuthInfo }, response) => {
        const path = request.url?.split('?', 1)[0] ?? '';
        try {
          if (!open.has(path)) request.auth = this.authenticate(request);
        } catch {
          return refuse(request, response);
        }
        for (const listener of own) listener.call(server, request, response);
      });
    }
  }
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const { status } = REFUSALS.unauthorized;
  const headers = { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Bearer' };
  response.writeHead(status, headers).end(refusalBody('unauthorized'));
}

/** Of equal length, whatever a caller sends: the comparison tells nothing of the token. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
