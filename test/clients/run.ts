import { join } from 'node:path';
import { install } from '../conformance/install.ts';
import {
  type Configuration,
  configurations,
  eraConfigurations,
  type Prefer,
} from './configurations.ts';
import { ERA_STEPS, eras } from './eras.ts';
import { OUTAGE_STEPS, outages } from './outages.ts';
import { type Outcomes, printTable, type Sum } from './table.ts';
import { VISIT_STEPS, visits } from './visits.ts';

// The Node.js of the newest clients is there.
install(join(import.meta.dirname, '../conformance'));
install(import.meta.dirname);

const preferences = ['sessions', 'stateless'] as const;
const all = (clients: readonly Configuration[], prefer: Prefer): readonly Configuration[] =>
  clients.filter((client) => (client.prefer ?? 'sessions') === prefer);
const lasting = configurations.filter(({ noOutages }) => noOutages === undefined);

const sums: Sum[] = [];
for (const prefer of preferences) {
  const title = `visit, ${prefer}`;
  sums.push(printTable(title, VISIT_STEPS, await visits(all(configurations, prefer), prefer)));
}
for (const [title, steps, travel] of [
  ['outages', OUTAGE_STEPS, (prefer) => outages(all(lasting, prefer), prefer)],
  ['eras', ERA_STEPS, (prefer) => eras(eraConfigurations, prefer)],
] as const satisfies readonly [
  string,
  readonly string[],
  (prefer: Prefer) => Promise<Outcomes>,
][]) {
  // Both at once: most of the time they wait.
  const tables = await Promise.all(preferences.map(travel));
  for (const [at, prefer] of preferences.entries()) {
    sums.push(printTable(`${title}, ${prefer}`, steps, tables[at]!));
  }
}
console.log(`progress: some of what is reported is lost by the client where its line is a pipe.
cut, kill, term: once its connections were cut, its server was killed or ended by SIGTERM, the client
went on with its session, or with a new one (anew), for there is no session id on its line.
cutCall, killCall, termCall: the call that was running was done; its client was told that the process
had died; it said at once that the call was lost; or it waited until a timeout.
cutGet, killGet, termGet: the GET stream was opened again; "-": none was open, or its client never does.
connect: it has a session, does without one (stateless), or speaks one era only, and that is refused.
counter, anonymous: whose counter it finds again, authenticated or not; lost: a session for each call.
no header: arguments are not repeated in headers. goes on: the server does not hear of a cancel.
task: the call became a task, and came to its end; immediate: there are no tasks in a session.
`);
const passed = sums.reduce((sum, each) => sum + each.passed, 0);
const failed = sums.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
