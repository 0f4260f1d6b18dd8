// Walks the model on our own server: sessions that sleep, wake and end, on a virtual clock.
import { EventEmitter, once } from 'node:events';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { httpDriver, virtualClock, walkModel, type WalkReport } from 'mcp-actors/testing';
import { probedServer } from './server.ts';

const MINUTE = 60_000;

export async function walkOurs(): Promise<WalkReport> {
  const clock = virtualClock();
  const gate = new EventEmitter();
  const runtime = createRuntime<unknown>({
    server: (session) => probedServer(session, gate),
    principal: (_, { headers }) => headers['x-user']?.toString(),
    clock,
  });
  const host = await serve(runtime, { port: 0 });
  const driver = httpDriver({
    name: 'ours',
    url: host.url,
    headers: { 'x-user': 'alice' },
    foreign: { 'x-user': 'mallory' },
    quick: { name: 'quick' },
    slow: {
      name: 'slow',
      begun: async () => void (await once(gate, 'begun')),
      finish: () => void gate.emit('finish'),
    },
    ask: { name: 'ask' },
    notice: { name: 'notice' },
    instance: { name: 'instance' },
    time: { advance: (ms) => clock.elapse(ms), restMs: 6 * MINUTE, expireMs: 40 * MINUTE },
    evict: (id) => void runtime.evict(id),
  });
  const report = await walkModel(driver);
  await host.close();
  return report;
}
