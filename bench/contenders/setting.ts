import type { ServerName } from './echo.ts';

/** What a contender is started with. */
export interface Setting {
  /** What every session has. */
  readonly server: ServerName;
  /** A folder for what contenders write. */
  readonly data: string;
  /** The folder of the packages that are not ours. */
  readonly peers: string;
  /** Where the run's Redis is, for those who need one. */
  readonly redis: string | undefined;
}
