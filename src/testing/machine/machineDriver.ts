import type { AnyStateMachine } from 'xstate';
import { ActorsError } from '../../base/errors.ts';
import { coverage } from '../coverage.ts';
import type { Driver } from '../driver.ts';
import { ChartCoverage } from './chartCoverage.ts';
import { type MachineExpectation, type MachineModel, machineModel } from './machineModel.ts';
import {
  type MachineDriverOptions,
  type MachineDriverSettings,
  settleMachineDriver,
} from './machineOptions.ts';
import { MachineRun } from './machineRun.ts';

/** A driver that walks a machine of the user's. */
export interface MachineDriver extends Driver<string, string, MachineExpectation, MachineRun> {
  /** What was walked of the chart with this driver, by all its walks together. */
  readonly chart: ChartCoverage;
}

/**
 * Drives a server whose sessions each run a machine, and compares what the server shows with the
 * machine: which tools are listed, which calls are refused, and the state in words. The machine is
 * stepped purely beside the server. Each path begins with a session of its own.
 *
 * For `walkModel`, `describeSession`, `sessionProperty` and `planPaths`.
 *
 * @throws ActorsError `bad-option` where a transition of the chart can not be walked and `without`
 * does not say why
 */
export function machineDriver<M extends AnyStateMachine>(
  options: MachineDriverOptions<M>,
): MachineDriver {
  const settings = settleMachineDriver(options);
  const machine = machineModel(settings);
  const { model } = machine;
  const time = checkWithout(settings, machine);
  const names = model.states.map(({ name }) => name);
  const events = [...new Set(model.edges.map(({ event }) => event))];
  const driver: Omit<MachineDriver, 'chart'> = {
    name: settings.name,
    model,
    without: time === undefined ? {} : { time },
    async begin() {
      const run = new MachineRun(settings, machine);
      await run.client.open();
      return run;
    },
    end: (run) => run.client.close(),
    events: Object.fromEntries(
      events.map((event) => [event, (run: MachineRun) => run.step(event)] as const),
    ),
    expectations: {
      taken: (run) => run.mustBeTaken(),
      refused: (run) => run.mustBeRefused(),
      passed: () => {},
    },
    states: Object.fromEntries(
      names.map((name) => [name, (run: MachineRun) => run.mustShow(name)] as const),
    ),
  };
  const chart = new ChartCoverage(machine, () => coverage(driver), settings.without);
  return Object.assign(driver, { chart });
}

/** @returns why delays are not walked; `undefined` where they are, or there are none */
function checkWithout(
  { name, time, without }: MachineDriverSettings,
  { model, chart, ways, first, stimuli, start }: MachineModel,
): string | undefined {
  const fail = (what: string): never => {
    throw new ActorsError('bad-option', `machineDriver of ${name}: ${what}`);
  };
  if (stimuli.rest(start).steps.length > 0) fail('rest.ms must be less than its delays');
  const { time: reason, ...named } = without;
  const hasDelays = model.edges.some(({ needs }) => needs.includes('time'));
  if (hasDelays && (time === undefined) === (reason === undefined)) {
    fail('delays need either time, or a reason in without.time');
  }
  const written = new Set(chart.transitions.values());
  const reached = new Set([first, ...ways.values()].flatMap(({ transitions }) => [...transitions]));
  for (const each of Object.keys(named)) {
    if (!written.has(each)) fail(`the chart has no ${each}`);
    if (reached.has(each)) fail(`without names ${each}, which can be walked`);
  }
  const left = [...written].filter((each) => !reached.has(each) && !Object.hasOwn(named, each));
  if (left.length > 0) {
    fail(
      `no tool, event or outcome leads through ${left.join('; ')}: add one, or say in without why`,
    );
  }
  return hasDelays ? reason : undefined;
}
