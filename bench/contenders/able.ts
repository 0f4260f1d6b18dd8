import type { ServerName } from './echo.ts';
import { type ContenderName, kindOf } from './index.ts';
import { modernServers } from './modernServers.ts';

/** Whether a contender can host what every session of a run is to have. */
export function canHost(name: ContenderName, server: ServerName): boolean {
  const { hosts } = kindOf(name);
  if (hosts === 'any') return true;
  return hosts === 'v2' ? modernServers[server] !== undefined : server === 'McpServer';
}
