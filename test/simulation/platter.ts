import type { StoreChange } from '../../src/store/store.ts';
import { Sheet } from './sheet.ts';

/** What a disk has of one part of a store: each part is written and synced by itself. */
export class Platter {
  /** What a process that was killed leaves. */
  committed = new Sheet();
  /** What a machine leaves that lost its power. */
  synced = new Sheet();

  /** Both are changed at once. */
  write(changes: readonly StoreChange[]): void {
    for (const sheet of [this.committed, this.synced]) sheet.write(changes);
  }

  crash(loses: 'uncommitted' | 'unsynced'): void {
    if (loses === 'unsynced') this.committed = this.synced.copy();
    else this.synced = this.committed.copy();
  }
}
