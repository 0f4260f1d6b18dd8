export { type Level, type Logger, type LogOptions, logTo } from './logTo.ts';
