import { expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { Ingresses } from '../../src/cluster/ingresses.ts';
import { rethrow } from '../support/rethrow.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const BEAT_MS = 1000;

function setUp() {
  const clock = new VirtualClock();
  const looks: string[] = [];
  const ended: string[] = [];
  const serving = new Set<string>();
  const gone = new Set<string>();
  const host = {
    deadlines: new Deadlines(clock, rethrow),
    beatMs: BEAT_MS,
    async leftMs(of: string) {
      looks.push(of);
      return gone.has(of) ? 0 : BEAT_MS;
    },
  };
  const owner = {
    serves: (ingress: string) => serving.has(ingress),
    ended: (ingress: string) => void ended.push(ingress),
  };
  return { clock, looks, ended, serving, gone, ingresses: new Ingresses(host, owner) };
}

it('looks once at a node, however often it asks, and no more when nothing is served for it', async () => {
  const { clock, looks, serving, ingresses } = setUp();
  serving.add('a#1');
  for (let i = 0; i < 10_000; i++) ingresses.asked('a#1');
  expect(ingresses.size).toBe(1);
  await clock.elapse(3 * BEAT_MS);
  expect(looks).toEqual(['a#1', 'a#1', 'a#1']);

  serving.clear();
  await clock.elapse(3 * BEAT_MS);
  expect(ingresses.size).toBe(0);
  expect(looks).toHaveLength(4);

  serving.add('a#1');
  ingresses.asked('a#1');
  await clock.elapse(BEAT_MS);
  expect(looks).toHaveLength(5);
});

it('ends once what is served for a node that is gone, and asks for that node no more', async () => {
  const { clock, looks, ended, serving, gone, ingresses } = setUp();
  serving.add('a#1').add('b#1');
  for (const each of ['a#1', 'b#1', 'a#1']) ingresses.asked(each);
  gone.add('a#1');
  await clock.elapse(5 * BEAT_MS);
  expect(ended).toEqual(['a#1']);
  expect(ingresses.size).toBe(1);
  expect(looks.filter((each) => each === 'a#1')).toHaveLength(1);
});
