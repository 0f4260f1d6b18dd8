// A map of sessions as many servers have it, with four defects to switch on.
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Clock } from 'mcp-actors';
import type { Defect } from './defects.ts';

const TTL_MS = 10 * 60_000;

export interface Session {
  readonly id: string;
  /** How to stop each call that runs, by its id. */
  readonly running: Map<unknown, () => void>;
  usedAt: number;
  stream?: ServerResponse | undefined;
}

export function sessionMap(clock: Clock, defect: Defect | undefined) {
  const all = new Map<string, Session>();
  const isKept = ({ stream, running }: Session): boolean =>
    stream !== undefined || (running.size > 0 && defect !== 'evicts under a running call');
  return {
    begin(claimed: string | undefined): string {
      const id = (defect === "adopts a client's id" ? claimed : undefined) ?? randomUUID();
      all.set(id, { id, running: new Map(), usedAt: clock.now() });
      return id;
    },
    find(id: string): Session | undefined {
      const session = all.get(id);
      const isOld = session !== undefined && clock.now() - session.usedAt > TTL_MS;
      if (isOld && !isKept(session) && defect !== 'answers after the end') all.delete(id);
      else if (session !== undefined) session.usedAt = clock.now();
      return all.get(id);
    },
    end({ id, stream, running }: Session): void {
      stream?.end();
      for (const stop of running.values()) stop();
      if (defect !== 'DELETE keeps the session') all.delete(id);
    },
  };
}
