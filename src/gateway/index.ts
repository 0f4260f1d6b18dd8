export { childProcess, type ChildProcessOptions } from './childProcess.ts';
export {
  type GatewayLog,
  gatewayLog,
  type GatewayLogEntry,
  type GatewayLogListener,
} from './log.ts';
export { upstream, type UpstreamOptions } from './upstream.ts';
