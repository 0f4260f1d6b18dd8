export { coverage, type Coverage, type EdgeCoverage } from './coverage.ts';
export { createTestClient, type TestClient, type TestClientOptions } from './createTestClient.ts';
export { describeSession } from './describeSession.ts';
export type { Driver } from './driver.ts';
export type { AnyClient, CallAnswer, SdkClient } from './sdkClient.ts';
export { type HttpDriver, httpDriver } from './http/httpDriver.ts';
export type { HttpDriverOptions, SlowTool, TimeControl, ToolCall } from './http/httpOptions.ts';
export type { HttpRun } from './http/httpRun.ts';
export type { Reply, WireMessage } from './http/reply.ts';
export type { ChartCoverage, ChartPart } from './machine/chartCoverage.ts';
export { type MachineDriver, machineDriver } from './machine/machineDriver.ts';
export type { MachineExpectation } from './machine/machineModel.ts';
export type {
  ActorOutcome,
  ClientAnswer,
  MachineDriverOptions,
  OutsideEvent,
  Rest,
  ToolCase,
  WalkedTool,
} from './machine/machineOptions.ts';
export type { MachineRun } from './machine/machineRun.ts';
export { Mismatch } from './mismatch.ts';
export type { Model, ModelEdge, ModelState } from './model.ts';
export { type Cover, type Path, planPaths, type PlanOptions } from './planPaths.ts';
export { type Restartable, restartable } from './restartable.ts';
export {
  type SessionExpectation,
  type SessionFeature,
  sessionModel,
  type SessionModel,
  type SessionState,
  type SessionStimulus,
} from './sessionModel.ts';
export { type PropertyOptions, sessionProperty } from './sessionProperty.ts';
export { virtualClock, type VirtualClock } from './virtualClock.ts';
export type { Failure } from './report.ts';
export { walkModel, type WalkReport } from './walkModel.ts';
