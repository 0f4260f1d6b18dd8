import { serve } from 'mcp-actors/node';
import {
  type MachineDriver,
  machineDriver,
  type MachineDriverOptions,
  restartable,
  virtualClock,
  walkModel,
} from 'mcp-actors/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { checkout } from '../../examples/checkout/machine.ts';
import { start } from '../../examples/checkout/server.ts';
import { BundledChild } from '../support/bundledChild.ts';
import { CHECKOUT } from '../support/checkoutCopy.ts';
import type { Program } from '../support/program.ts';
import { storeFolder } from '../support/storeFolder.ts';

const MINUTE = 60_000;

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/checkoutChild.ts', import.meta.url));
});
afterAll(() => program.remove());

function driverOf(more: Partial<MachineDriverOptions<typeof checkout>>): MachineDriver {
  return machineDriver({ ...CHECKOUT, ...more });
}

/** A runtime in this process, on a clock of its own. */
function inProcess() {
  const clock = virtualClock();
  const runtime = start({ clock });
  onTestFinished(() => runtime.close());
  return { runtime, time: { advance: (ms: number) => clock.elapse(ms) } };
}

/** A process that is killed before each step: the next one goes on from its folder. */
async function killed(): Promise<{ driver: MachineDriver; kills: () => number }> {
  const { path } = storeFolder();
  let now = Date.now();
  let kills = 0;
  let child: Program;
  let url: string;
  const begin = async (): Promise<void> => {
    child = program.start([path, String(now)]);
    url = await child.url();
  };
  await begin();
  const driver = driverOf({
    url: () => url,
    time: {
      async advance(ms) {
        now += ms;
        await (await fetch(new URL(`/elapse?ms=${ms}`, url), { method: 'POST' })).text();
      },
    },
    rest: {
      async act() {
        child.process.kill('SIGKILL');
        expect(await child.ended).toBe('SIGKILL');
        kills++;
        await begin();
      },
    },
  });
  return { driver, kills: () => kills };
}

/** Walks all of the checkout, and says what was walked. */
async function walked(driver: MachineDriver): Promise<string> {
  const report = await walkModel(driver);
  return `${String(report)}\n${String(driver.chart)}`;
}

const ALL = `checkout: 5 paths, 0 edges failed, 23 of 23 edges, 8 of 8 states
checkout: 5 of 5 states, 7 of 7 transitions`;

describe('every edge of the checkout', () => {
  it('in process', async () => {
    expect(await walked(driverOf(inProcess()))).toBe(ALL);
  });

  it('over HTTP, on a real port', async () => {
    const { runtime, time } = inProcess();
    const host = await serve(runtime, { port: 0 });
    onTestFinished(async () => void (await host.close()));
    expect(await walked(driverOf({ url: host.url, time }))).toBe(ALL);
  });

  it('asleep before each step', async () => {
    const { runtime, time } = inProcess();
    const asleep: number[] = [];
    const act = (): void => {
      const { sessions } = runtime.stats();
      asleep.push(sessions.total - sessions.asleep);
    };
    expect(await walked(driverOf({ runtime, time, rest: { ms: 10 * MINUTE, act } }))).toBe(ALL);
    expect(new Set(asleep)).toEqual(new Set([0]));
  });

  it('restarted before each step', async () => {
    const clock = virtualClock();
    const mortal = restartable((store) => start({ clock, store }));
    onTestFinished(() => mortal.close());
    const time = { advance: (ms: number) => clock.elapse(ms) };
    const rest = { act: () => mortal.kill() };
    expect(await walked(driverOf({ runtime: mortal, time, rest }))).toBe(ALL);
  });

  it('killed by kill -9 before each step, on LMDB', async () => {
    const { driver, kills } = await killed();
    expect(await walked(driver)).toBe(ALL);
    expect(kills()).toBeGreaterThanOrEqual(23);
  });
});
