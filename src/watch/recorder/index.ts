export type {
  CallLine,
  ChartLine,
  DroppedLine,
  EndedLine,
  EndLine,
  HandleEndedLine,
  HandleLine,
  HeaderLine,
  RecordingLine,
  SupervisorLine,
  TransitionLine,
} from './line.ts';
export { FORMAT, FORMAT_VERSION } from './line.ts';
export type { Recordable } from './listen.ts';
export { parseLine } from './parseLine.ts';
export {
  record,
  type Recording,
  type RecordingStats,
  type RecordOptions,
  type RecordToFile,
  type RecordToWrite,
} from './record.ts';
export { RecordingError, type RecordingFault } from './recordingError.ts';
export { type Difference, type Replay, replay, type ReplayOptions } from './replay.ts';
export { replayFile } from './replayFile.ts';
