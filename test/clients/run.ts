import { join } from 'node:path';
import { install } from '../conformance/install.ts';
import {
  type Configuration,
  configurations,
  eraConfigurations,
  type Prefer,
} from './configurations.ts';
import { ERA_STEPS, eras } from './eras.ts';
import { findRedisServer } from '../clusterDemo/redisProcess.ts';
import { OUTAGE_STEPS, outages } from './outages.ts';
import { oneProcess, severalProcesses } from './site.ts';
import { type Outcomes, printTable, type Sum } from './table.ts';
import { VISIT_STEPS, visits } from './visits.ts';

const preferences = ['sessions', 'stateless'] as const;
const words = process.argv.slice(2);

const isWanted = ({ name }: Configuration): boolean =>
  words.length === 0 || words.some((word) => name.includes(word));
const visitors = configurations.filter(isWanted);
const lasting = visitors.filter(({ noOutages }) => noOutages === undefined);
const speakers = eraConfigurations.filter(isWanted);
const under = (prefer: Prefer, clients: readonly Configuration[]): Configuration[] =>
  clients.filter((client) => (client.prefer ?? 'sessions') === prefer);

// The Node.js of the newest clients is there.
install(join(import.meta.dirname, '../conformance'));
install(import.meta.dirname);

const sums: Sum[] = [];
for (const prefer of preferences) {
  // One after the other: the milliseconds are each client's own.
  print('visit', prefer, VISIT_STEPS, await visits(under(prefer, visitors), prefer));
}
await atOnce('outages', OUTAGE_STEPS, (prefer) =>
  outages(under(prefer, lasting), () => oneProcess(prefer)),
);
const redisServer = findRedisServer();
if (redisServer === undefined) console.log('cluster: skipped, for there is no redis-server\n');
else {
  // Legacy lines and WebSockets are at home in one process.
  const roaming = lasting.filter(({ door = 'http' }) => door === 'http');
  await atOnce('cluster', OUTAGE_STEPS, (prefer) =>
    outages(under(prefer, roaming), () => severalProcesses(prefer, redisServer)),
  );
}
await atOnce('eras', ERA_STEPS, (prefer) => eras(speakers, prefer));

console.log(`progress: some of what is reported is lost by the client where its line is a pipe.
cluster: three processes behind a balancer; the one with the session dies, then the others end.
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
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** Has clients travel under both preferences: they wait most of the time. */
async function atOnce(
  title: string,
  steps: readonly string[],
  travel: (prefer: Prefer) => Promise<Outcomes>,
): Promise<void> {
  const tables = await Promise.all(preferences.map(travel));
  for (const [at, prefer] of preferences.entries()) print(title, prefer, steps, tables[at]!);
}

function print(title: string, prefer: Prefer, steps: readonly string[], outcomes: Outcomes): void {
  if (outcomes.size > 0) sums.push(printTable(`${title}, ${prefer}`, steps, outcomes));
}
