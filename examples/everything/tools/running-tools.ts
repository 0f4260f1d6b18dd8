import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { defineTool } from './define-tool.ts';
import { text } from './results.ts';
import { sendProgress } from './send-progress.ts';

/**
 * Tools that take their time and speak while they work. Each waits with the signal of its
 * request, so a cancel, or the end of the session, stops it at once.
 */
export const runningTools = [
  defineTool({
    name: 'long-running',
    description: 'Works for a while, in steps. Reports progress when asked to; can be cancelled.',
    input: z.object({
      duration: z.number().min(0).max(3600).default(10).describe('How long it takes, in seconds'),
      steps: z.int().min(1).max(1000).default(5).describe('Number of steps'),
    }),
    async run({ duration, steps }, { extra }) {
      for (let step = 1; step <= steps; step++) {
        await pause((duration * 1000) / steps, undefined, { signal: extra.signal });
        await sendProgress(extra, step, steps, `${step}/${steps}`);
      }
      return text(`Done: ${steps} steps in ${duration} seconds.`);
    },
  }),

  defineTool({
    name: 'test_tool_with_progress',
    description: 'Reports 0, 50 and 100 of 100, a moment apart.',
    input: z.object({}),
    async run(_args, { extra }) {
      await sendProgress(extra, 0, 100);
      await pause(50, undefined, { signal: extra.signal });
      await sendProgress(extra, 50, 100);
      await pause(50, undefined, { signal: extra.signal });
      await sendProgress(extra, 100, 100);
      return text('Progress was reported three times.');
    },
  }),

  defineTool({
    name: 'test_tool_with_logging',
    description: 'Sends three log messages at level info, a moment apart.',
    input: z.object({}),
    async run(_args, { extra, log }) {
      await log(extra, 'info', 'Tool execution started');
      await pause(50, undefined, { signal: extra.signal });
      await log(extra, 'info', 'Tool processing data');
      await pause(50, undefined, { signal: extra.signal });
      await log(extra, 'info', 'Tool execution completed');
      return text('Three messages were logged.');
    },
  }),

  defineTool({
    name: 'test_reconnection',
    description: 'Closes its own stream while it works; the answer waits on the resumed stream.',
    input: z.object({}),
    async run(_args, { extra }) {
      // Absent where the stream could not be resumed: the answer then comes on this one.
      extra.closeSSEStream?.();
      await pause(100, undefined, { signal: extra.signal });
      return text('Reconnection test completed successfully.');
    },
  }),
];
