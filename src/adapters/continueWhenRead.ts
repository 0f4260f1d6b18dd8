import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Makes a listener for `checkContinue` of a handler: a client that asks before it sends a body
 * (`Expect: 100-continue`) is told to go on when the handler begins to read, and not at all where
 * the handler answers without. Node by itself tells every client to go on.
 */
export function continueWhenRead(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.once('resume', () => {
      // What is read after the answer is thrown away.
      if (!response.headersSent) response.writeContinue();
    });
    handler(request, response);
  };
}
