// A chart is the test as well: every transition of it is walked on the real server, asleep before each.
import assert from 'node:assert/strict';
import { machineDriver, virtualClock, walkModel } from 'mcp-actors/testing';
import { checkout } from './machine.ts';
import { start } from './server.ts';

const clock = virtualClock();
const runtime = start({ clock });
const driver = machineDriver({
  machine: checkout,
  runtime,
  tools: {
    add_item: { event: 'item.added', arguments: { item: 'apples' } },
    give_address: { event: 'address.given', arguments: { address: 'Main Street 1' } },
    place_order: {
      event: 'order.placed',
      cases: {
        approved: { answer: { action: 'accept' }, invoked: { approve: { output: undefined } } },
        declined: { answer: { action: 'decline' }, invoked: { approve: { error: 'declined' } } },
      },
    },
  },
  time: { advance: (ms) => clock.elapse(ms) },
  rest: { ms: 10 * 60_000 }, // the session sleeps
});

const report = await walkModel(driver);
assert.equal(report.failures.length, 0, String(report));
assert(driver.chart.isComplete);
console.log(String(driver.chart));
await runtime.close();
