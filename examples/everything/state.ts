/** What each session keeps for itself; `initialState` makes a fresh one. */
export interface EverythingState {
  counter: number;
}

export const initialState = (): EverythingState => ({ counter: 0 });
