/** The simulator of a cluster, as {@link simulate} plays it. */
export const PROGRAM = 'test/cluster/simulation/run.ts';
