import type { Traffic, Way } from '../events/clusterStats.ts';

/** Counts what goes one way between a node and all others, the node's words to itself as well. */
export class WayTraffic implements Traffic {
  readonly way: Way;
  bytesIn = 0;
  bytesOut = 0;

  constructor(way: Way) {
    this.way = way;
  }
}
