import { createContractRuntime } from './contractServer.ts';

const runtime = createContractRuntime();

export default {
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  idleTimeout: 0,
  fetch: (request: Request): Promise<Response> => runtime.fetch(request),
};
