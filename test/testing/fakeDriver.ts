import { type Driver, Mismatch, type Model } from 'mcp-actors/testing';

type State = 'off' | 'on' | 'broken';
type Event = 'press' | 'hit' | 'mend';
type Expectation = 'click' | 'crack';
export type FakeDriver = Driver<State, Event, Expectation, Lamp>;

/** What a fake driver drives. */
export interface Lamp {
  state: State;
  heard: string;
  isOver: boolean;
}

const MODEL: Model<State, Event, Expectation> = {
  name: 'lamp',
  initial: 'off',
  states: [
    { name: 'off', description: 'Dark.' },
    { name: 'on', description: 'Bright.' },
    { name: 'broken', description: 'Dark for ever.' },
  ],
  edges: [
    { from: 'off', event: 'press', to: 'on', expects: 'click', needs: [] },
    { from: 'on', event: 'press', to: 'off', expects: 'click', needs: [] },
    { from: 'on', event: 'hit', to: 'broken', expects: 'crack', needs: ['hammer'] },
    { from: 'broken', event: 'press', to: 'broken', expects: 'click', needs: [] },
    { from: 'broken', event: 'mend', to: 'off', expects: 'click', needs: ['tools'] },
  ],
};

/** A driver of lamps that do as the model says, and the lamps it made. */
export function fakeDriver(more: Partial<FakeDriver> = {}): FakeDriver & { lamps: Lamp[] } {
  const lamps: Lamp[] = [];
  const is = (state: State) => (lamp: Lamp) => {
    if (lamp.state !== state) throw new Mismatch(`a lamp ${state}`, lamp.state);
  };
  const hears = (sound: string) => (lamp: Lamp) => {
    if (lamp.heard !== sound) throw new Mismatch(sound, lamp.heard);
  };
  return {
    name: 'a lamp',
    model: MODEL,
    without: {},
    begin() {
      const lamp: Lamp = { state: 'off', heard: '', isOver: false };
      lamps.push(lamp);
      return lamp;
    },
    end: (lamp) => void (lamp.isOver = true),
    events: {
      press(lamp) {
        if (lamp.state !== 'broken') lamp.state = lamp.state === 'on' ? 'off' : 'on';
        lamp.heard = 'click';
      },
      hit(lamp) {
        lamp.state = 'broken';
        lamp.heard = 'crack';
      },
      mend(lamp) {
        lamp.state = 'off';
        lamp.heard = 'click';
      },
    },
    expectations: { click: hears('click'), crack: hears('crack') },
    states: { off: is('off'), on: is('on'), broken: is('broken') },
    ...more,
    lamps,
  };
}
