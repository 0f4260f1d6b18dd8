import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type RuntimeOptions } from 'mcp-actors';
import { offer } from 'mcp-actors/machine';
import * as z from 'zod';
import { plan } from './machine.ts';

/** Sessions that each have a plan, with an actor for each of its steps. */
export const start = (options: Pick<RuntimeOptions, 'clock'>) =>
  createRuntime({
    ...options,
    machine: plan,
    server({ actor, serverOptions }) {
      const server = new McpServer({ name: 'agent-plan', version: '1.0.0' }, serverOptions);
      offer(
        server,
        actor,
        {
          add_step: {
            event: 'step.added',
            description: 'Adds a step to the plan.',
            input: z.object({ name: z.string() }),
          },
          start_plan: { event: 'plan.started', description: 'Starts the first step.' },
          finish_step: { event: 'step.finished', description: 'Says that the step is done.' },
          hold: { event: 'plan.held', description: 'Puts the plan on hold.' },
          release: { event: 'plan.released', description: 'Lets the plan go on.' },
        },
        { resource: true },
      );
      return server;
    },
  });
