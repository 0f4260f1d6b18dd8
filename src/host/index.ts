export { createHost, type Entered, type Host, type HostRequest } from './createHost.ts';
export type { FeedEvent, FeedListener } from './feed.ts';
export type { HostOptions } from './hostOptions.ts';
export type { HostScope } from './hostScope.ts';
export type { OpenQuestion } from './inbox.ts';
export { ScopeRefused } from './scopeRefused.ts';
