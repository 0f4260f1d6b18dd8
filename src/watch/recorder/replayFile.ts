import { createReadStream } from 'node:fs';
import { LineReader, type LongLine } from '../../base/lineReader.ts';
import { RecordingError } from './recordingError.ts';
import { type Replay, replay, type ReplayOptions } from './replay.ts';

/** Longest line accepted; more than any recorder writes. */
const MAX_LINE_BYTES = 64 * 1024;

/**
 * Replays the recording in a file.
 *
 * @throws RecordingError
 * @throws ActorsError `bad-option`
 * @throws errors of the file system: `ENOENT`, `EACCES`, `EISDIR`
 */
export function replayFile(path: string, options?: ReplayOptions): Promise<Replay> {
  return replay(linesOf(path), options);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const reader = new LineReader(MAX_LINE_BYTES);
  let number = 0;
  const checked = function* (lines: Iterable<string | LongLine>): Generator<string> {
    for (const line of lines) {
      number++;
      if (typeof line !== 'string') {
        const code = number === 1 ? 'not-a-recording' : 'corrupt';
        throw new RecordingError(code, number, `it is longer than ${MAX_LINE_BYTES} bytes`);
      }
      yield line;
    }
  };
  for await (const chunk of createReadStream(path)) yield* checked(reader.take(chunk as Buffer));
  // The last line has no line end where the recorder was killed.
  yield* checked(reader.end());
}
