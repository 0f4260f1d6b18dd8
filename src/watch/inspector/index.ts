export type { Line, LineOf } from './lines.ts';
export type { InspectedMachine, InspectorLimits, InspectorOptions } from './options.ts';
export { type Inspector, serveInspector } from './serveInspector.ts';
