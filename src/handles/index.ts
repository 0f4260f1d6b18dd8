export { defineHandle, type Handle } from './defineHandle.ts';
export { HandleError, type HandleErrorCode } from './handleError.ts';
export type { HandleLimits, HandleOptions, HandleScope } from './options.ts';
export {
  type PrincipalLocal,
  principalLocal,
  type PrincipalLocalOptions,
} from './principalLocal.ts';
export type { HandleView, OwnHandle } from './view.ts';
