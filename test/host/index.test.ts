import { describe, expect, it } from 'vitest';
import { closureOf, codeOf } from '../support/sources.ts';

describe('mcp-actors/host', () => {
  const loaded = [...closureOf('src/host/index.ts').keys()];

  it('loads no module of node, and no package but what the core loads', () => {
    expect(loaded).toContain('src/actor/supervisor.ts');
    const others = loaded.filter((to) => !to.endsWith('.ts'));
    expect(others.toSorted()).toEqual(['eventemitter3', 'xstate']);
  });

  it('only lists: no logic, no export *, no default', () => {
    const code = codeOf('src/host/index.ts');
    expect(code).not.toMatch(/export \*|export default|\b(const|function|class|let)\b/);
  });
});
