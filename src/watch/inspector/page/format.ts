/** A duration in one unit, which is enough to compare: `950 ms`, `12 s`, `4 min`, `3 h`, `2 d`. */
export function duration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value < 120_000) return `${Math.floor(value / 1000)} s`;
  if (value < 7_200_000) return `${Math.floor(value / 60_000)} min`;
  if (value < 172_800_000) return `${Math.floor(value / 3_600_000)} h`;
  return `${Math.floor(value / 86_400_000)} d`;
}

/** Time of day with milliseconds, as logs have it. */
export function timeOf(at: number): string {
  const date = new Date(at);
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${date.toLocaleTimeString('en-GB')}.${ms}`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** A count with a thin space between thousands. */
export function number(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

/** The word that a state's colour goes by: `idle.asleep` is `asleep`, `idle.warm` is `idle`. */
export function hueOf(state: string): string {
  if (state === 'idle.asleep' || state === 'idle.pinned') return state.slice('idle.'.length);
  return state.split('.', 1)[0] ?? state;
}
