// A plan with an actor for each step: held, asleep, and gone through to the end.
import assert from 'node:assert/strict';
import { createTestClient, machineDriver, virtualClock, walkModel } from 'mcp-actors/testing';
import { plan } from './machine.ts';
import { start } from './server.ts';

const clock = virtualClock();
const runtime = start({ clock });
const { client, close } = await createTestClient(runtime);
const call = async (name: string, args = {}) =>
  JSON.stringify((await client.callTool({ name, arguments: args })).content);

await call('add_step', { name: 'read' });
await call('add_step', { name: 'write' });
await call('start_plan');
assert.match(await call('hold'), /A step is being done.*on hold/);
await clock.elapse(10 * 60_000); // the session sleeps, and its steps with it
assert.match(await call('finish_step'), /Not possible now/);
await call('release');
assert.match(await call('finish_step'), /A step is being done/);
assert.match(await call('finish_step'), /All steps are done/);
await close();

// Every transition of the chart, each after a sleep.
const driver = machineDriver({
  machine: plan,
  runtime,
  tools: {
    add_step: { event: 'step.added', arguments: { name: 'read' } },
    start_plan: { event: 'plan.started' },
    finish_step: { event: 'step.finished', invoked: { 'step-0': { output: undefined } } },
    hold: { event: 'plan.held' },
    release: { event: 'plan.released' },
  },
  rest: { act: () => clock.elapse(10 * 60_000) },
});
const report = await walkModel(driver);
assert.equal(report.failures.length, 0, String(report));
console.log(String(driver.chart));
await runtime.close();
