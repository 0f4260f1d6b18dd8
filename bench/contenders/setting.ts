import type { ServerName } from './echo.ts';

/** What a contender is started with. */
export interface Setting {
  /** What every session has. */
  readonly server: ServerName;
  /** An empty folder of the contender's own. */
  readonly data: string;
  /** The folder of the packages that are not ours. */
  readonly peers: string;
  /** Where the run's Redis is, for those who need one. */
  readonly redis: string | undefined;
}
