import { availableParallelism } from 'node:os';
import { runProcesses } from 'mcp-actors/processes';
import { describe, expect, it } from 'vitest';
import { settleProcesses } from '../../src/processes/options.ts';

const run = (options: object) =>
  runProcesses(options, () => {
    throw new Error('no work is done in the first process');
  });

describe('runProcesses', () => {
  it.each([
    [{ processes: 0 }, /processes must be an integer from 1 to 1024, got 0/],
    [{ processes: 1.5 }, /processes must be/],
    [{ deadlineMs: -1 }, /deadlineMs must be a number of ms >= 0, got -1/],
    [{ startMs: 0 }, /startMs must be a number of ms > 0, got 0/],
    [{ signals: 'SIGINT' }, /signals must be true or false/],
    [{ reloadSignal: true }, /reloadSignal must be the name of a signal, or false/],
    [{ report: 'stderr' }, /report must be a function/],
    [{ leaseMs: 10 }, /leaseMs must be a number from 1000, got 10/],
    [{ secret: 'of nobody' }, /runProcesses knows no "secret"/],
    [{ proceses: 2 }, /runProcesses knows no "proceses": did you mean processes\?/],
  ])('refuses %j, before there is a process', async (options, message) => {
    await expect(run(options)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(message) as string,
    });
  });

  it('takes as many processes as can run at once, unless told otherwise', () => {
    expect(settleProcesses({}).processes).toBe(availableParallelism());
    expect(settleProcesses({ processes: 7, leaseMs: 1000 })).toMatchObject({
      processes: 7,
      cluster: { leaseMs: 1000 },
      reloadSignal: 'SIGHUP',
    });
  });
});
