import { NOT_BEGUN, type NotBegun } from '../events/clusterStats.ts';
import { RoundTrips } from './roundTrips.ts';

/** What a node counts, each where it happens. Since the node began. */
export class Tallies {
  forwarded = 0;
  resumed = 0;
  served = 0;
  readonly notBegun = Object.fromEntries(NOT_BEGUN.map((why) => [why, 0])) as Record<
    NotBegun,
    number
  >;
  takeovers = 0;
  followed = 0;
  lost = 0;
  reasserted = 0;
  unsure = 0;
  quarantined = 0;
  reconnects = 0;
  /** Questions to the engine that failed. */
  failed = 0;
  readonly roundTrips = new RoundTrips();
}
