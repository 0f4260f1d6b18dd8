import { describe, expect, it } from 'vitest';
import { DEFECTS } from '../../examples/model-based/defects.ts';
import { runExample } from '../support/example.ts';

describe('examples/model-based', () => {
  it('walks two servers whole, and names each defect by its path, what is expected and what is seen', async () => {
    const { code, output } = await runExample('model-based/main.ts');
    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) as string });
    const [ours = '', byHand = '', ...reports] = output.split(/\n(?=by hand, )/);
    expect(ours).toContain('ours: 42 paths, 0 edges failed, 115 of 115 edges, 13 of 13 states');
    expect(byHand).toContain('0 edges failed, 68 of 68 edges, 11 of 11 states');
    expect(byHand).toContain('left out  20 edges (questions: it asks nothing)');

    const seen = Object.entries(DEFECTS).map(([defect, edge], i) => {
      const report = reports[i] ?? '';
      expect(report).toContain(`by hand, ${defect}: `);
      const [, failure = ''] = report.split(`FAILED    ${edge}\n`);
      return failure
        .split('\n')
        .slice(0, 3)
        .map((line) => line.trim());
    });
    expect(seen).toEqual([
      [
        'path      none, initialize → opened, initialized → ready, call.begin → calling, time.expire → calling',
        'expected  the session to be there: 200 to a ping',
        expect.stringMatching(/^seen {6}404 .* to POST ping/),
      ],
      [
        'path      none, initialize → opened, initialized → ready, session.delete → deleted',
        'expected  404: the session is over',
        expect.stringMatching(/^seen {6}200 .* to POST ping/),
      ],
      [
        'path      none, initialize.claimed → opened',
        "expected  an id of the server's own making",
        expect.stringMatching(/^seen {6}the id its client came with/),
      ],
      [
        expect.stringMatching(/^path .* ready, time\.expire → evicted$/),
        'expected  404: the session is over',
        expect.stringMatching(/^seen {6}200 .* to POST ping/),
      ],
    ]);
  });
});
