import type { Configuration } from './configurations.ts';
import { inTurns } from './in-turns.ts';
import { ProxiedClient } from './proxied-client.ts';
import type { Site } from './site.ts';
import { type Expected, judge } from './table.ts';
import type { Outcome } from './traveller.ts';

const OUTAGES = ['cut', 'kill', 'term'];
const of = (outage: string): string[] => [outage, `${outage}Call`, `${outage}Get`];
export const OUTAGE_STEPS = ['connect', ...OUTAGES.flatMap(of), 'close'];

/** What becomes of clients in outages: all at once, in one place. */
export async function outages(
  configurations: readonly Configuration[],
  open: () => Promise<Site>,
): Promise<Map<string, Outcome>> {
  if (configurations.length === 0) return new Map();
  const site = await open();
  const clients = await inTurns(configurations, (each) => ProxiedClient.send(each, site.port));
  const everyone = (act: (client: ProxiedClient) => Promise<void>): Promise<void[]> =>
    Promise.all(clients.map(act));
  try {
    await everyone(async (client) => {
      await client.callRuns();
      client.cut();
      await client.goOn('cut');
    });
    for (const [outage, signal] of [
      ['kill', 'SIGKILL'],
      ['term', 'SIGTERM'],
    ] as const) {
      await everyone((client) => client.isBack());
      await everyone((client) => client.callRuns());
      await site.outage(signal);
      await everyone((client) => client.goOn(outage));
    }
    await everyone((client) => client.isBack());
    const outcomes = clients.map(async (client) => {
      const outcome = judge(await client.outcome(), expectedOf(client.configuration));
      return [client.configuration.name, outcome] as const;
    });
    return new Map(await Promise.all(outcomes));
  } finally {
    for (const client of clients) client.leave();
    await site.close();
  }
}

/** A call whose process died is told so; one that was cut, or is running at SIGTERM, is finished. */
function expectedOf({ differs }: Configuration): Expected {
  return {
    connect: 'ok',
    cut: 'ok',
    cutCall: 'done',
    cutGet: 'ok',
    kill: 'ok',
    killCall: 'told',
    killGet: 'ok',
    term: 'ok',
    termCall: 'done',
    termGet: 'ok',
    close: 'ok',
    ...differs,
  };
}
