import type { Random } from '../../simulation/random.ts';
import type { EngineServer } from './engineServer.ts';
import type { Oracle } from './oracle.ts';
import type { Machine, SimProcess } from './simProcess.ts';

/** What faults are done to. */
export interface Stage {
  readonly random: Random;
  readonly server: EngineServer;
  readonly oracle: Oracle;
  did(what: string): void;
  broke(what: string): void;
  living(): Iterable<SimProcess>;
  processOf(machine: Machine): SimProcess | undefined;
  boot(machine: Machine): void;
  later(ms: number, then: () => void): void;
  /** Counts a fault. @param ms how long it lasts */
  fault(kind: string, ms?: number): void;
}

/** What goes wrong. */
export type FaultKind =
  | 'kill'
  | 'pause'
  | 'cut'
  | 'connection'
  | 'connections'
  | 'fall'
  | 'deaf'
  | 'slow'
  | 'down'
  | 'failover'
  | 'wipe'
  | 'drain';

type Fault = (stage: Stage, machine: Machine) => void;

/** Everything that goes wrong, by name. */
export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  kill(stage, machine) {
    const process = stage.processOf(machine);
    if (process === undefined) return;
    const ms = 200 + stage.random.below(3800);
    stage.fault('kill', ms);
    stage.oracle.threatened(process);
    process.kill();
    stage.later(ms, () => stage.boot(machine));
  },

  pause(stage, machine) {
    const process = stage.processOf(machine);
    if (process === undefined) return;
    const { random } = stage;
    const ms = random.chance(0.5) ? 100 + random.below(2400) : 2500 + random.below(6500);
    stage.fault('pause', ms);
    stage.oracle.threatened(process);
    process.pause(ms);
  },

  /** The machine reaches clients, and no engine. */
  cut(stage, machine) {
    const process = stage.processOf(machine);
    if (machine.isCut || process === undefined) return;
    const ms = 200 + stage.random.below(6800);
    stage.fault('cut', ms);
    stage.did(`${machine.name} is cut off for ${ms}`);
    stage.oracle.threatened(process);
    machine.isCut = true;
    hangUp(stage, process);
    stage.later(ms, () => (machine.isCut = false));
  },

  /** A connection is lost, and made again. */
  connection(stage, machine) {
    const process = stage.processOf(machine);
    if (process === undefined) return;
    stage.fault('connection');
    const which = stage.random.below(4);
    stage.did(`${process.name} loses connection ${which}`);
    if (which === 0) process.engine.line.break();
    else if (which === 1) process.link.sending.break();
    else if (which === 2) process.link.deafenAll(stage.random.below(500));
    else hangUp(stage, process);
  },

  /** A process loses its connections, and a moment later dies or stands still. */
  fall(stage, machine) {
    const process = stage.processOf(machine);
    if (process === undefined) return;
    stage.fault('fall');
    stage.did(`${process.name} falls`);
    const which = stage.random.below(3);
    if (which === 0) process.link.sending.break();
    else if (which === 1) process.engine.line.break();
    else hangUp(stage, process);
    const next = stage.random.chance(0.5) ? FAULTS.kill : FAULTS.pause;
    stage.later(stage.random.below(100), () => next(stage, machine));
  },

  /** A process hears nothing more, which is not known to others; a moment later one of them dies. */
  deaf(stage, machine) {
    const process = stage.processOf(machine);
    const other = stage.random.pick([...stage.living()].filter((each) => each !== process));
    if (process === undefined || other === undefined) return;
    stage.fault('deaf');
    stage.did(`${process.name} is deaf`);
    process.link.deafenAll(200 + stage.random.below(300));
    const next = stage.random.chance(0.5) ? FAULTS.kill : FAULTS.pause;
    stage.later(stage.random.below(60), () => next(stage, other.machine));
  },

  /** What a machine says to servers, and they to it, comes late. */
  slow(stage, machine) {
    const process = stage.processOf(machine);
    if (machine.slowMs > 0 || process === undefined) return;
    const ms = 200 + stage.random.below(5000);
    stage.fault('slow', ms + 5000);
    machine.slowMs = 100 + stage.random.below(4000);
    stage.did(`${machine.name} is slow for ${ms}`);
    stage.oracle.threatened(process);
    stage.later(ms, () => (machine.slowMs = 0));
  },

  connections(stage) {
    stage.fault('connections');
    stage.did('all connections are lost');
    for (const process of stage.living()) hangUp(stage, process);
  },

  /** The engine is restarted with all that it knew. */
  down(stage) {
    if (!stage.server.isUp) return;
    const { random } = stage;
    stage.fault('down');
    for (const process of stage.living()) stage.oracle.threatened(process);
    down(stage, random.chance(0.5) ? 50 + random.below(1450) : 1500 + random.below(4500));
  },

  /** A replica, which is behind, follows the engine. */
  failover(stage) {
    if (!stage.server.isUp) return;
    const lagMs = stage.random.below(800);
    stage.fault('failover');
    stage.did(`the engine fails over to ${lagMs} ago`);
    stage.server.failOver(lagMs);
    down(stage, 30 + stage.random.below(770));
  },

  wipe(stage) {
    if (!stage.server.isUp || !stage.random.chance(0.3)) return;
    stage.fault('wipe');
    stage.did('the engine is wiped');
    stage.server.wipe();
    down(stage, 30 + stage.random.below(370));
  },

  /** A deploy: the process leaves in good order, and another one follows. */
  drain(stage, machine) {
    const process = stage.processOf(machine);
    if (process === undefined || process.isDraining) return;
    stage.fault('drain', 6000);
    const ended = (): void => {
      if (process.isDead) return;
      process.kill();
      stage.later(100 + stage.random.below(1400), () => stage.boot(machine));
    };
    process.run(() => {
      process
        .drain(2000)
        .then(() => {
          // Its time is up: what the engine forgets in this very outage, nobody is left to say again.
          if (!stage.server.isUp) stage.oracle.threatened(process);
          return stage.later(300, ended);
        })
        .catch((error: unknown) => stage.broke(`drain: ${String((error as Error).stack)}`));
    });
    // Whoever waits for the end of a process kills it at last.
    stage.later(12_000, ended);
  },
};

/** What goes wrong in a history that does not say. */
export const COMMON: readonly FaultKind[] = [
  'kill',
  'pause',
  'cut',
  'connection',
  'fall',
  'slow',
  'connections',
  'down',
  'failover',
  'wipe',
  'drain',
];

function down(stage: Stage, ms: number): void {
  stage.fault('engine down', ms);
  stage.did(`the engine is down for ${ms}`);
  stage.server.isUp = false;
  for (const process of stage.living()) hangUp(stage, process);
  stage.later(ms, () => (stage.server.isUp = true));
}

function hangUp(stage: Stage, process: SimProcess): void {
  process.engine.line.break();
  process.link.sending.break();
  process.link.deafenAll(stage.random.chance(0.5) ? 0 : stage.random.below(500));
}
