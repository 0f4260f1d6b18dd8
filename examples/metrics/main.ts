// Metrics for Prometheus and probes for an orchestrator; dashboard.json shows them in Grafana.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { createRuntime } from 'mcp-actors';
import { instrument } from 'mcp-actors/metrics';
import { serve } from 'mcp-actors/node';

const exporter = new PrometheusExporter({ preventServerStart: true });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

const runtime = createRuntime({
  maxInFlight: 4,
  server(session) {
    const server = new McpServer({ name: 'metrics', version: '1.0.0' }, session.serverOptions);
    server.registerTool('roll', {}, () => {
      return { content: [{ type: 'text', text: `${1 + Math.floor(Math.random() * 6)}` }] };
    });
    server.registerTool('wait', {}, async () => {
      await wait(200);
      return { content: [{ type: 'text', text: 'waited' }] };
    });
    return server;
  },
});
instrument(runtime, { targets: ['roll', 'wait'] });

const port = Number(process.env.PORT ?? 3000);
const { url } = await serve(runtime, { port, health: true, signals: true });
// On a port of its own: clients of /mcp have no business there.
const scraped = createServer((...ask) => exporter.getMetricsRequestHandler(...ask));
scraped.listen(process.env.PORT === undefined ? 9464 : 0, '127.0.0.1', () => {
  const { port: other } = scraped.address() as AddressInfo;
  console.log(`Listening at ${url}, metrics at http://127.0.0.1:${other}/metrics`);
});
