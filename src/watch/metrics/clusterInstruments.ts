import { NODE_STATE, QUANTILE, WAY, WHY } from './attributes.ts';
import { counted } from './counted.ts';

const counter = counted('ObservableCounter');
const level = counted('ObservableUpDownCounter');
const unit = (name: string): string => name;
const measure = counted('ObservableGauge', unit);
const amount = counted('ObservableCounter', unit);

/** Counts of a process of a cluster: where there is none, there are no such instruments. */
export const CLUSTER_COUNTS = {
  state: level(
    'cluster.state',
    'node',
    '1 for the state that this process is in, 0 for the others.',
    NODE_STATE,
  ),
  leaseLeft: measure('cluster.lease.left', 's', 'How long this process counts on its lease, now.'),
  graceLeft: measure(
    'cluster.grace.left',
    's',
    'How long nobody is believed yet that a session is nobody’s, now.',
  ),
  owned: level('cluster.owned', 'session', 'Sessions that are this process’s, now.'),
  forwarding: level(
    'cluster.forwarding',
    'request',
    'Requests of this process’s clients that others answer, now.',
  ),
  serving: level(
    'cluster.serving',
    'request',
    'Requests of other processes’ clients that this one answers, now.',
  ),
  forwarded: counter(
    'cluster.forwarded',
    'request',
    'Requests of this process’s clients that were sent on.',
  ),
  served: counter(
    'cluster.served',
    'request',
    'Requests of other processes’ clients that were begun here.',
  ),
  notBegun: counter(
    'cluster.not_begun',
    'request',
    'Requests of other processes’ clients that were not begun here.',
    WHY,
  ),
  resumed: counter(
    'cluster.resumed',
    'stream',
    'Streams resumed for this process’s clients at the next owner.',
  ),
  takeovers: counter(
    'cluster.takeovers',
    'session',
    'Sessions of dead processes that went on here.',
  ),
  followed: counter(
    'cluster.followed',
    'session',
    'Sessions laid down because all their requests came by one other process.',
  ),
  lost: counter('cluster.lost', 'session', 'Sessions of this process that others went on with.'),
  reasserted: counter(
    'cluster.reasserted',
    'session',
    'Sessions that the engine was told of again.',
  ),
  unsure: counter(
    'cluster.unsure',
    'request',
    'Requests of which nobody knows what became: their clients got `session-moved`.',
  ),
  quarantined: counter(
    'cluster.quarantined',
    'event',
    'Looks for sessions that were held back for longer than a request waits.',
  ),
  messagesRefused: counter(
    'cluster.messages.refused',
    'message',
    'Messages between processes that went no further.',
    WHY,
  ),
  roundTrip: measure(
    'cluster.engine.round_trip',
    's',
    'Of the last 512 answers of the engine, how long that share took at most.',
    QUANTILE,
  ),
  answers: counter('cluster.engine.answers', 'event', 'Answers of the engine.'),
  failures: counter(
    'cluster.engine.failures',
    'event',
    'Questions that the engine did not answer.',
  ),
  reconnects: counter(
    'cluster.engine.reconnects',
    'event',
    'Connections to the engine that were lost and are back.',
  ),
  bytesIn: amount('cluster.bytes.in', 'By', 'What came from other processes, as sealed.', WAY),
  bytesOut: amount('cluster.bytes.out', 'By', 'What went to other processes, as sealed.', WAY),
} as const;
