import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  LoggingLevelSchema,
  SetLevelRequestSchema,
  type LoggingLevel,
} from '@modelcontextprotocol/sdk/types.js';
import type { RequestExtra } from './request-extra.ts';

/** Sends a log message on the stream of the request it belongs to. */
export type Log = (extra: RequestExtra, level: LoggingLevel, data: unknown) => Promise<void>;

const severity = (level: LoggingLevel) => LoggingLevelSchema.options.indexOf(level);

/** Answers `logging/setLevel`; what it returns keeps silent below the level of this session. */
export function serveLogging(server: Server): Log {
  let lowest: LoggingLevel = 'debug';

  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    lowest = params.level;
    return {};
  });

  return async (extra, level, data) => {
    if (severity(level) < severity(lowest)) return;
    const params = { level, logger: 'everything', data };
    await extra.sendNotification({ method: 'notifications/message', params });
  };
}
