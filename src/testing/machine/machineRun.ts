import { ActorsError } from '../../base/errors.ts';
import type { Position } from '../../../machines/position.ts';
import { stateInWords } from '../../machine/words.ts';
import type { WireMessage } from '../http/reply.ts';
import { Mismatch } from '../mismatch.ts';
import { type MachineModel, stateOf } from './machineModel.ts';
import type { MachineDriverSettings } from './machineOptions.ts';
import { SessionClient } from './sessionClient.ts';
import type { Effect, Stimulus } from './stimuli.ts';

const SHOWN_CHARACTERS = 160;

/** A client on its way along a path, beside the position in which its machine must be. */
export class MachineRun {
  readonly client: SessionClient;
  readonly #settings: MachineDriverSettings;
  readonly #machine: MachineModel;
  #position: Position;
  #effect: Effect | undefined;
  #answer: WireMessage | undefined;

  constructor(settings: MachineDriverSettings, machine: MachineModel) {
    this.#settings = settings;
    this.#machine = machine;
    this.#position = machine.start;
    this.client = new SessionClient(settings);
  }

  /** Rests, and looks whether the rest has changed anything; then does what the event names. */
  async step(name: string): Promise<void> {
    const { stimuli } = this.#machine;
    const effect = stimuli.apply(this.#position, name);
    await this.#rest(effect.before);
    this.#answer = await this.#do(stimuli.named(name), effect);
    this.#effect = effect;
    this.#position = effect.position;
  }

  /** @throws Mismatch where the tool refused what the machine takes */
  mustBeTaken(): void {
    const { before, said, isRefused } = this.#seen();
    if (isRefused) throw new Mismatch(`a call that ${quote(before)} takes`, `a refusal: “${said}”`);
    const now = this.#position;
    if (said.startsWith(stateInWords(now.snapshot)) || this.#named(said) === undefined) return;
    throw new Mismatch(`an answer of ${quote(now)}`, `an answer of ${this.#inChart(said)}`);
  }

  /** @throws Mismatch where the tool did what the machine refuses */
  mustBeRefused(): void {
    const { before, said, isRefused } = this.#seen();
    if (isRefused) return;
    throw new Mismatch(`a call that ${quote(before)} refuses`, `that it was done: “${said}”`);
  }

  /** @throws Mismatch where the server does not show the state in which the machine must be */
  async mustShow(name: string): Promise<void> {
    const { identities, identify } = this.#machine;
    if (identities.get(name) !== identify(this.#position)) {
      throw new ActorsError('bad-option', 'rest.ms is longer than a delay on this path');
    }
    await this.#mustShow(this.#position, '');
  }

  async #rest(after: Position): Promise<void> {
    const { rest, time } = this.#settings;
    if (rest === undefined) return;
    if (rest.ms !== undefined && rest.ms > 0) await time?.advance(rest.ms);
    await rest.act?.(this.client.sessionId);
    await this.#mustShow(after, ', after a rest');
  }

  async #do(stimulus: Stimulus, { before }: Effect): Promise<WireMessage | undefined> {
    if (stimulus.kind === 'time') {
      await this.#settings.time?.advance(before.delays[0]?.dueInMs ?? 0);
      return undefined;
    }
    if (stimulus.kind === 'outside') {
      await stimulus.how.cause(this.client.sessionId);
      return undefined;
    }
    const { arguments: args = {}, answer, prepare } = stimulus.how;
    await prepare?.();
    const params = { name: stimulus.tool, arguments: args };
    return this.client.request('tools/call', params, answer);
  }

  #seen(): { before: Position; said: string; isRefused: boolean } {
    if (this.#effect === undefined) throw new Mismatch('a call', 'none');
    const { result, error } = this.#answer ?? {};
    const { content, isError } = (result ?? {}) as { content?: unknown; isError?: unknown };
    const texts = (Array.isArray(content) ? content : []) as readonly { text?: unknown }[];
    const text = error?.message ?? texts.map((each) => each.text).join(' ');
    const said = firstLine(typeof text === 'string' ? text : '');
    return {
      before: this.#effect.before,
      said,
      isRefused: error !== undefined || isError === true,
    };
  }

  async #mustShow(position: Position, when: string): Promise<void> {
    const { words, listed } = await this.#shown().catch((error: unknown) => {
      if (!(error instanceof Mismatch)) throw error;
      throw new Mismatch(`${quote(position)}${when}`, error.seen);
    });
    if (words?.startsWith(stateInWords(position.snapshot)) === false) {
      throw new Mismatch(`${quote(position)}${when}`, this.#inChart(words));
    }
    const { tools } = this.#settings;
    const wrong = Object.entries(tools).flatMap(([name, { listed: rule }]) => {
      const must = rule?.(position.snapshot) ?? this.#machine.stimuli.takesTool(position, name);
      return must === listed.has(name) ? [] : [{ name, must }];
    });
    if (wrong.length === 0) return;
    const expected = wrong.map(({ name, must }) => `${name} ${must ? 'listed' : 'not listed'}`);
    const reasons = wrong.map(({ name, must }) => this.#reason(position, name, must));
    const seen = wrong.map(({ name, must }) => `${name} is ${must ? 'not listed' : 'listed'}`);
    throw new Mismatch(
      `${expected.join(', ')}${when}: in ${quote(position)} ${reasons.join(', ')}`,
      seen.join(', '),
    );
  }

  #reason(position: Position, name: string, must: boolean): string {
    const { event } = this.#settings.tools[name]!;
    if (must) return `${event} is taken`;
    const isGuarded = position.snapshot._nodes.some((node) => node.ownEvents.includes(event));
    return isGuarded ? `a guard refuses ${event}` : `nothing takes ${event}`;
  }

  /** The state in words, where the server has them, and the tools that are listed. */
  async #shown(): Promise<{ words: string | undefined; listed: ReadonlySet<string> }> {
    const { resource: uri } = this.#settings;
    const listed = new Set(await this.#listed());
    if (uri === false) return { words: undefined, listed };
    const { contents } = await this.client.ask('resources/read', { uri });
    const [content] = (contents ?? []) as readonly { readonly text?: unknown }[];
    return { words: String(content?.text), listed };
  }

  /** What the server says of its state, by the name of the state where the words are known. */
  #inChart(text: string): string {
    const said = `“${firstLine(text)}”`;
    const name = this.#named(text);
    return name === undefined ? said : `${name} ${said}`;
  }

  /** The state of the chart whose description a text begins with. */
  #named(text: string): string | undefined {
    const { descriptions } = this.#machine.chart;
    return [...descriptions].find(([, words]) => text.startsWith(words))?.[0];
  }

  async #listed(): Promise<string[]> {
    const names: string[] = [];
    let cursor: unknown;
    do {
      const page = await this.client.ask('tools/list', cursor === undefined ? {} : { cursor });
      const tools = page['tools'] as readonly { readonly name: string }[];
      names.push(...tools.map(({ name }) => name));
      cursor = page['nextCursor'];
    } while (cursor !== undefined);
    return names;
  }
}

/** A state by its name and in words. */
function quote(position: Position): string {
  return `${stateOf(position)} “${stateInWords(position.snapshot)}”`;
}

function firstLine(text: string): string {
  return text.slice(0, SHOWN_CHARACTERS).split('\n')[0]!;
}
