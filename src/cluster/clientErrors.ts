import type { Forwarded } from '../directory/whereabouts.ts';
import type { ResponsePort } from '../wire/port.ts';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import { messageFrame } from '../wire/sse.ts';
import { asksOf } from './asking.ts';

/** Answers a request that got no answer: one error for each request in its body. */
export function refuseAll(port: ResponsePort, code: RefusalCode, request: Forwarded): void {
  if (port.gone) return;
  const { status, headers = [] }: Refusal = REFUSALS[code];
  const [first = null, ...rest] = asksOf(request);
  const bodies = [first, ...rest].map((id) => refusalBody(code, id));
  const body = request.parcel?.isBatch === true ? `[${bodies.join(',')}]` : bodies[0];
  port.send(status, ['Content-Type', 'application/json', ...headers], body);
}

/**
 * Ends an event stream with one error for each request that the stream was to answer.
 *
 * @returns whether the client was told
 */
export function endWithErrors(port: ResponsePort, code: RefusalCode, request: Forwarded): boolean {
  const asks = asksOf(request);
  // A stream that answers nothing has no last word: its client is to open the stream anew.
  if (asks.length === 0) {
    port.cut();
    return false;
  }
  for (const id of asks) port.write(messageFrame(refusalBody(code, id)));
  port.end();
  return true;
}
