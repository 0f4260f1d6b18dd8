import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { awaited, timerFor } from '../../base/within.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import { libraryVersion } from '../version.ts';
import { Charts } from './charts.ts';
import { openFileSink } from './fileSink.ts';
import {
  type ChartLine,
  FORMAT,
  FORMAT_VERSION,
  type HeaderLine,
  type RecordingLine,
} from './line.ts';
import { listen, type Recordable } from './listen.ts';
import { type Sink, Writer, type WriterOptions } from './writer.ts';

interface CommonOptions {
  /** Records messages too: method and size of each, never the content. @default false */
  readonly messages?: boolean;
  /** Bytes of one file, at least 4 KiB; then the recording stops or rotates. @default 64 MiB */
  readonly maxBytes?: number;
  /** Bytes that wait for a slow disk or `write`; more are dropped and counted. @default 4 MiB */
  readonly maxPendingBytes?: number;
  /** Clock that dates the lines. @default the host's */
  readonly clock?: Clock;
}

export interface RecordToFile extends CommonOptions {
  /** Path of the file to make: an existing file is never written over. */
  readonly file: string;
  /**
   * What happens at `maxBytes`. `stop`: the recording ends with a line that says so. `rotate`: the
   * file becomes `FILE.1`, replacing an older one, and a new file begins.
   * @default 'stop'
   */
  readonly whenFull?: 'stop' | 'rotate';
}

export interface RecordToWrite extends CommonOptions {
  /** Takes whole lines; called again when its promise has settled. A throw ends the recording. */
  readonly write: (text: string) => void | Promise<void>;
}

export type RecordOptions = RecordToFile | RecordToWrite;

export interface RecordingStats {
  /** `full`: `maxBytes` is reached. `failed`: the disk or `write` has failed. */
  readonly state: 'recording' | 'closed' | 'full' | 'failed';
  readonly lines: number;
  readonly bytes: number;
  /** Lines that could not be written in time, or not at all. */
  readonly dropped: number;
  /** The error that made the recording fail; `undefined` unless `state` is `failed`. */
  readonly error: unknown;
}

/** A running recording. */
export interface Recording {
  stats(): RecordingStats;
  /** Writes the waiting lines and ends the file; within five seconds, whatever the disk does. */
  close(): Promise<RecordingStats>;
  [Symbol.asyncDispose](): Promise<void>;
}

const NAMES: NamesOf<CommonOptions & Omit<RecordToFile & RecordToWrite, keyof CommonOptions>> = {
  messages: true,
  maxBytes: true,
  maxPendingBytes: true,
  clock: true,
  file: true,
  whenFull: true,
  write: true,
};

const CLOSE_MS = 5000;
/** A chart has at most this part of a file, so that its steps have room. */
const CHART_SHARE = 8;
const MIN_BYTES = 4096;

/**
 * Records what happens to the sessions of a runtime or host: JSON, one line for each event. A slow,
 * full or broken recording changes nothing for any session.
 *
 * @throws ActorsError `bad-option`
 * @throws errors of the file system: `EEXIST`, `ENOENT`, `EACCES`
 */
export async function record(source: Recordable, options: RecordOptions): Promise<Recording> {
  checkNames('record', options, NAMES);
  const { messages = false, clock = systemClock } = options;
  const maxBytes = sized('maxBytes', options.maxBytes ?? 64 * 1024 * 1024);
  const maxPendingBytes = sized('maxPendingBytes', options.maxPendingBytes ?? 4 * 1024 * 1024);
  const rotates = 'file' in options && options.whenFull === 'rotate';
  const sink: Sink =
    'file' in options ? await openFileSink(options.file, rotates) : { write: options.write };
  const version = libraryVersion();
  const header = (): HeaderLine => ({
    type: 'header',
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    version,
    at: clock.now(),
    messages,
  });
  let state: RecordingStats['state'] = 'recording';
  let failure: unknown;
  let stop: (() => void) | undefined;
  const onOver: WriterOptions['onOver'] = (how) => {
    stop?.();
    state = how === 'full' ? how : 'failed';
    if (how !== 'full') failure = how.error;
  };
  const charts = new Charts(maxBytes / CHART_SHARE);
  const missing = (line: RecordingLine): ChartLine | undefined => charts.missing(line);
  const onRotate = (line: RecordingLine): ChartLine | undefined => {
    charts.begin();
    const chart = missing(line);
    if (chart !== undefined) charts.wrote(chart);
    return chart;
  };
  const bounds = { maxBytes, rotates, maxPendingBytes };
  const writer = new Writer({ sink, ...bounds, clock, header, onRotate, onOver });
  const add = (line: RecordingLine): void => {
    const chart = missing(line);
    if (chart !== undefined && writer.add(chart)) charts.wrote(chart);
    writer.add(line);
  };
  stop = listen(source, add, { messages, clock, charts });
  const stats = (): RecordingStats => {
    const { lines, bytes, dropped } = writer;
    return { state, lines, bytes, dropped, error: failure };
  };
  let closed: Promise<RecordingStats> | undefined;
  const end = async (): Promise<RecordingStats> => {
    stop?.();
    if (!(await awaited(writer.close(), timerFor(clock, CLOSE_MS)))) {
      state = 'failed';
      failure ??= new Error(`not written within ${CLOSE_MS} ms`);
    }
    if (state === 'recording') state = 'closed';
    return stats();
  };
  const close = (): Promise<RecordingStats> => (closed ??= end());
  return {
    stats,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

/** @throws ActorsError `bad-option` */
function sized(name: string, value: number): number {
  if (Number.isInteger(value) && value >= MIN_BYTES) return value;
  throw new ActorsError('bad-option', `${name} must be an integer >= ${MIN_BYTES}, got ${value}`);
}
