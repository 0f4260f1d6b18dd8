import { defineConfig } from 'vitest/config';

const results = process.env['TEST_RESULTS'];
const here = (path: string): string => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^mcp-actors$/, replacement: here('./src/index.ts') },
      { find: 'mcp-actors/node', replacement: here('./src/adapters/node.ts') },
      { find: 'mcp-actors/machines', replacement: here('./machines/index.ts') },
      { find: 'mcp-actors/websocket', replacement: here('./src/adapters/websocket.ts') },
      { find: 'mcp-actors/stdio', replacement: here('./src/adapters/stdio.ts') },
      { find: 'mcp-actors/memory', replacement: here('./src/adapters/memory.ts') },
      { find: 'mcp-actors/gateway', replacement: here('./src/gateway/index.ts') },
      { find: 'mcp-actors/host', replacement: here('./src/host/index.ts') },
      { find: 'mcp-actors/store', replacement: here('./src/store/index.ts') },
      { find: 'mcp-actors/lmdb', replacement: here('./src/store/lmdb.ts') },
      { find: 'mcp-actors/inspector', replacement: here('./src/watch/inspector/index.ts') },
      { find: 'mcp-actors/stately', replacement: here('./src/watch/stately/index.ts') },
      { find: 'mcp-actors/metrics', replacement: here('./src/watch/metrics/index.ts') },
      { find: 'mcp-actors/recorder', replacement: here('./src/watch/recorder/index.ts') },
      { find: 'mcp-actors/testing', replacement: here('./src/testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    execArgv: ['--expose-gc'],
    testTimeout: 30_000,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
  },
});
