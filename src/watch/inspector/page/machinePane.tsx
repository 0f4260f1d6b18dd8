import type { DrawnMachine, MachineState } from '../machines.ts';
import { Chart } from './chart.tsx';
import { timeOf } from './format.ts';

interface MachinePaneProps {
  readonly machine: DrawnMachine;
  /** `undefined` where no actor was given. */
  readonly state: MachineState | undefined;
}

/** A machine of the user's own. */
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
