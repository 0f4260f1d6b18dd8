export type { Cluster } from '../directory/cluster.ts';
export type { ProcessesOptions } from './options.ts';
export { type Processes, runProcesses } from './runProcesses.ts';
export type { Part, Serving } from './workerProcess.ts';
