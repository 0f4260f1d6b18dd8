import { join } from 'node:path';
import { install } from '../conformance/install.ts';
import { configurations } from './configurations.ts';
import { OUTAGE_STEPS, outages } from './outages.ts';
import { printTable } from './table.ts';
import { VISIT_STEPS, visits } from './visits.ts';

// The Node.js of the newest clients is there.
install(join(import.meta.dirname, '../conformance'));
install(import.meta.dirname);

const lasting = configurations.filter(({ noOutages }) => noOutages === undefined);
const sums = [
  printTable('visit', VISIT_STEPS, await visits(configurations)),
  printTable('outages', OUTAGE_STEPS, await outages(lasting)),
];
console.log(`progress: some of what is reported is lost by the client where its line is a pipe.
cut, kill, term: once its connections were cut, its server was killed or ended by SIGTERM, the client
went on with its session, or with a new one (anew), for there is no session id on its line.
cutCall, killCall, termCall: the call that was running was done; its client was told that the process
had died; it said at once that the call was lost; or it waited until a timeout.
cutGet, killGet, termGet: the GET stream was opened again; "-": none was open, or its client never does.
`);
const passed = sums.reduce((sum, each) => sum + each.passed, 0);
const failed = sums.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
