import type { ServerChild } from '../child/server.ts';
import type { Count } from '../load/driver.ts';

/** What one contender did in one round. */
export interface Work {
  readonly perSecond: number;
  /** CPU of the server process for one unit: independent of who waited for whom. */
  readonly serverMicros: number;
  /** The part of it that is the process's own, and not the kernel's. */
  readonly userMicros: number;
  readonly serverCpuShare: number;
  /** Near 1 the driver, not the server, was the limit. */
  readonly driverCpuShare: number;
}

export async function measure(server: ServerChild, work: () => Promise<Count>): Promise<Work> {
  const serverBefore = await server.ask('cpu');
  const driverBefore = process.cpuUsage();
  const { count, ms } = await work();
  const driver = process.cpuUsage(driverBefore);
  const serverAfter = await server.ask('cpu');
  const userMicros = serverAfter.userMicros - serverBefore.userMicros;
  const serverMicros = serverAfter.micros - serverBefore.micros;
  return {
    perSecond: (count / ms) * 1000,
    serverMicros: serverMicros / count,
    userMicros: userMicros / count,
    serverCpuShare: serverMicros / (ms * 1000),
    driverCpuShare: (driver.user + driver.system) / (ms * 1000),
  };
}
