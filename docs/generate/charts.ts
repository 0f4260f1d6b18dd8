import { plan } from '../../examples/agent-plan/machine.ts';
import { checkout } from '../../examples/checkout/machine.ts';
import {
  callMachine,
  nodeMachine,
  sessionMachine,
  supervisorMachine,
} from '../../machines/index.ts';
import { drawMachine } from '../../src/watch/inspector/chart/draw.ts';
import { standalone } from './chartStyle.ts';

/** The charts as pictures for pages: they bring their colours along, for light and for dark. */
export function pictures(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/images/session.svg', drawMachine(sessionMachine, standalone)],
    ['docs/images/call.svg', drawMachine(callMachine, standalone)],
    ['docs/images/node.svg', drawMachine(nodeMachine, standalone)],
    ['docs/images/supervisor.svg', drawMachine(supervisorMachine, standalone)],
    ['docs/images/checkout.svg', drawMachine(checkout, standalone)],
    ['docs/images/plan.svg', drawMachine(plan, standalone)],
  ]);
}

/** The charts as the inspector has them: its page brings the colours. */
export function chartsModule(): string {
  return [
    '// Made from the machines by `npm run docs`.',
    `export const SESSION_CHART: string = ${JSON.stringify(drawMachine(sessionMachine))};`,
    `export const CALL_CHART: string = ${JSON.stringify(drawMachine(callMachine))};`,
    `export const SUPERVISOR_CHART: string = ${JSON.stringify(drawMachine(supervisorMachine))};`,
    '',
  ].join('\n');
}
