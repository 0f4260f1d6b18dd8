// Walks the model on the server by hand, as it is or with one defect.
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpDriver, virtualClock, walkModel, type WalkReport } from 'mcp-actors/testing';
import type { Defect } from './defects.ts';
import { handWritten } from './hand-written.ts';
import { sessionMap } from './sessions.ts';

const MINUTE = 60_000;

export async function walkHandWritten(defect?: Defect): Promise<WalkReport> {
  const clock = virtualClock();
  const gate = new EventEmitter();
  const handler = handWritten(sessionMap(clock, defect), gate);
  const server = createServer((...args) => void handler(...args));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const driver = httpDriver({
    name: `by hand, ${defect ?? 'without a defect'}`,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    quick: { name: 'quick' },
    slow: {
      name: 'slow',
      begun: async () => void (await once(gate, 'begun')),
      finish: () => void gate.emit('finish'),
    },
    time: { advance: (ms) => clock.advance(ms), restMs: 5 * MINUTE, expireMs: 11 * MINUTE },
    without: {
      questions: 'it asks nothing',
      notices: 'it says nothing of itself',
      instances: 'it builds no servers',
      principals: 'it knows nobody',
      eviction: 'its host ends no session',
    },
  });
  const report = await walkModel(driver);
  server.close();
  return report;
}
