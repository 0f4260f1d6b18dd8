import { monitorEventLoopDelay } from 'node:perf_hooks';
import { outsideSessions } from '../base/asyncContext.ts';
import type { LoopMonitor } from '../events/loopGuard.ts';

/** Milliseconds between two reports. */
const REPORT_MS = 500;
/** How often node looks at the loop, in milliseconds: what it measures has this in it. */
const RESOLUTION_MS = 20;

/**
 * Measures the delay of node's event loop. The doors of this module bring it by themselves; a host
 * that only calls `runtime.fetch` gives it as the option `loopMonitor`.
 */
export const nodeLoopMonitor: LoopMonitor = {
  watch(report) {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    const look = (): void => {
      const longest = histogram.max / 1e6;
      histogram.reset();
      report(Math.max(longest - RESOLUTION_MS, 0));
    };
    const timer = outsideSessions(() => setInterval(look, REPORT_MS));
    timer.unref();
    return () => {
      clearInterval(timer);
      histogram.disable();
    };
  },
};
