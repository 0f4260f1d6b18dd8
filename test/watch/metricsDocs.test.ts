import { describe, expect, it } from 'vitest';
import { NODE_STATES } from '../../machines/node.ts';
import { MESSAGE_REFUSALS, NOT_BEGUN, WAYS } from '../../src/events/clusterStats.ts';
import { PINNED_BY, UNSTORABLE, WAKE_CAUSES } from '../../src/events/events.ts';
import { COUNTED_STATES } from '../../src/events/counters.ts';
import { INSTRUMENTS } from '../../src/watch/metrics/instruments.ts';
import { Page } from '../support/markdown.ts';

const { rows } = new Page(new URL('../../', import.meta.url), 'docs/metrics.md');
const words = (text = ''): string[] => Array.from(text.matchAll(/`([^`]+)`/g), ([, word]) => word!);

function valuesOf(attribute: string): string[] {
  return words(rows.get(attribute)?.[0]);
}

describe('docs/metrics.md', () => {
  it('lists the instruments there are, each as it is', () => {
    const listed = [...rows].filter(([, cells]) => cells.length === 4);
    expect(listed).toEqual(
      INSTRUMENTS.map(({ name, kind, unit, description, attributes }) => {
        const last = attributes.map((attribute) => `\`${attribute}\``).join(', ');
        return [name, [kind, `\`${unit}\``, description, last === '' ? 'none' : last]];
      }),
    );
  });

  it('says what values each attribute takes', () => {
    const used = new Set(INSTRUMENTS.flatMap(({ attributes }) => attributes));
    const listed = [...rows].filter(([, cells]) => cells.length === 1).map(([name]) => name);
    expect(new Set(listed)).toEqual(used);
  });

  it('names the closed sets whole', () => {
    expect(valuesOf('mcp_actors.state')).toEqual(COUNTED_STATES);
    expect(valuesOf('mcp_actors.cause')).toEqual(WAKE_CAUSES);
    expect(valuesOf('mcp_actors.reason')).toEqual(PINNED_BY);
    expect(valuesOf('mcp_actors.node.state')).toEqual(NODE_STATES);
    expect(valuesOf('mcp_actors.way')).toEqual(WAYS);
    expect(valuesOf('mcp_actors.why')).toEqual([...NOT_BEGUN, ...MESSAGE_REFUSALS]);
    expect(valuesOf('mcp_actors.what')).toEqual(expect.arrayContaining([...UNSTORABLE]));
  });
});
