export type { CallView } from './callView.ts';
export { currentCall, type CurrentCall } from './currentCall.ts';
export type { ModernCaller, ModernLimits, ModernOptions } from './options.ts';
export { elicit, type InputRequest, listRoots, requestInput, sample } from './requestInput.ts';
export type { TaskMode, TaskOptions } from './taskOptions.ts';
