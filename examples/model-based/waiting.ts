// What stays open at the server by hand: a call that lasts, and a GET stream.
import { type EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Session } from './sessions.ts';

/** Lasts until it is told to finish; `false` where it is stopped before. */
export async function lasts(
  { running }: Session,
  id: unknown,
  gate: EventEmitter,
): Promise<boolean> {
  const stop = new AbortController();
  running.set(id, () => stop.abort());
  gate.emit('begun');
  const finished = once(gate, 'finish', { signal: stop.signal }).then(
    () => true,
    () => false,
  );
  return await finished.finally(() => running.delete(id));
}

export function listen(session: Session, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  session.stream = response;
  response.on('close', () => (session.stream = undefined));
}
