import type { DrawnMachine, MachineState } from '../machines.ts';
import { Chart } from './chart.tsx';
import { timeOf } from './format.ts';

interface MachinePaneProps {
  readonly machine: DrawnMachine;
  /** States of the machine's actor; `undefined` where the application gave no actor. */
  readonly state: MachineState | undefined;
}

/** The pane of a machine of the application. */
export function MachinePane({ machine, state }: MachinePaneProps) {
  const { last, states = [] } = state ?? {};
  const leaves = states.filter((path) => !states.some((other) => other.startsWith(`${path}.`)));
  return (
    <div class="pane machine">
      <header class="title">
        <h2>{machine.name}</h2>
        {leaves.map((path) => (
          <span key={path} class="badge">
            {path}
          </span>
        ))}
        {last !== undefined && (
          <span class="last">
            on <code>{last.event}</code> at {timeOf(last.at)}
          </span>
        )}
      </header>
      <Chart svg={machine.svg} states={states} taken={last && { ...last, to: states }} />
      {state === undefined && <p class="none">No actor of it was given, so no state is lit.</p>}
    </div>
  );
}
