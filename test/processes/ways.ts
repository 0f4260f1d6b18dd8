import { timerFor } from '../../src/base/within.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Channel } from '../../src/processes/channel.ts';
import type { Hub, Seat } from '../../src/processes/hub.ts';
import { IpcEngine } from '../../src/processes/ipcEngine.ts';
import { IpcLink } from '../../src/processes/ipcLink.ts';
import { Questions } from '../../src/processes/questions.ts';
import type { Relay } from './relay.ts';

/** What one worker of a test has of its hub. */
export interface WorkerOfTest {
  readonly engine: IpcEngine;
  readonly link: IpcLink;
  readonly channel: Channel;
  readonly seat: Seat;
}

/** Another worker's way to a hub, through the relay. */
export function worker(relay: Relay, hub: Hub, maxWaitingBytes = 2 ** 26): WorkerOfTest {
  const { first, worker: channel } = relay.pair({ maxWaitingBytes });
  const seat = hub.seat(first);
  const questions = new Questions(channel, timerFor(systemClock, 5000));
  return {
    engine: new IpcEngine(questions),
    link: new IpcLink(channel, questions),
    channel,
    seat,
  };
}
