import * as fc from 'fast-check';
import type { Entered, ScopeEvent } from 'mcp-actors/host';
import { expect, test } from 'vitest';
import { turn } from '../support/eventually.ts';
import { type FakeResource, HostRig } from '../support/hostRig.ts';
import { seeded } from '../support/seeded.ts';

const USERS = ['alice', 'bob', 'alice:bob'] as const;
type User = (typeof USERS)[number];

/** One user of the application, and everything it was ever shown. */
class Visitor {
  readonly name: User;
  readonly events: ScopeEvent[] = [];
  readonly answers: unknown[] = [];
  readonly resources = new Set<number>();
  readonly principals: unknown[] = [];
  entered!: Entered<FakeResource>;

  constructor(name: User) {
    this.name = name;
  }
}

/** All of them on one host. Whoever is named second is who the first one tries to be. */
class World {
  readonly rig = new HostRig();
  readonly visitors = USERS.map((name) => new Visitor(name));
  /** Questions ever asked, by their id. */
  readonly asked: { readonly id: string; readonly of: User }[] = [];
  /** Questions somebody answered that were not theirs. */
  readonly stolen: unknown[] = [];

  visitor(name: User): Visitor {
    return this.visitors.find((each) => each.name === name)!;
  }

  async enter(visitor: Visitor, as: Visitor = visitor): Promise<void> {
    const token = as.entered?.token;
    const cookie = token === undefined ? {} : { cookie: `__Host-mcp-scope=${token}` };
    const entered = await this.rig.enter({ 'x-user': visitor.name, ...cookie });
    visitor.principals.push(entered.scope.principal);
    visitor.entered = entered;
  }

  async header(visitor: Visitor, as: Visitor): Promise<void> {
    const headers = { 'x-user': visitor.name, 'x-mcp-scope': as.entered?.token ?? '' };
    const entered = await this.rig.enter(headers).catch(() => undefined);
    if (entered !== undefined) visitor.principals.push(entered.scope.principal);
  }

  ask(visitor: Visitor): void {
    const { scope } = visitor.entered;
    scope.ask('q', { of: visitor.name }).then(
      (answer) => visitor.answers.push(answer),
      () => {},
    );
    this.asked.push({ id: scope.questions.at(-1)!.id, of: visitor.name });
  }

  answer(visitor: Visitor, nth: number): void {
    const question = this.asked[nth];
    if (question === undefined) return;
    const wasTaken = visitor.entered.scope.answer(question.id, { by: visitor.name });
    if (wasTaken && question.of !== visitor.name) this.stolen.push(question);
  }
}

const DEEDS: Record<string, (world: World, who: Visitor, as: Visitor, nth: number) => unknown> = {
  enter: (world, who, as) => world.enter(who, as),
  header: (world, who, as) => world.header(who, as),
  answer: (world, who, _, nth) => world.answer(who, nth),
  ask: (world, who) => world.ask(who),
  publish: (_, { entered, name }) => entered.scope.publish('note', { of: name }),
  listen: (_, { entered, events }) =>
    entered.scope.subscribe((event) => events.push(event), { after: 0 }),
  run: (_, { entered, resources }) => entered.scope.run(({ number }) => resources.add(number)),
  close: (_, { entered }) => entered.scope.close(),
  wait: ({ rig }) => rig.clock.elapse(10 * 60_000),
};

const user = fc.constantFrom(...USERS);
const deeds = fc.array(fc.tuple(fc.constantFrom(...Object.keys(DEEDS)), user, user, fc.nat(3)), {
  maxLength: 40,
});

test('nothing of one user ever reaches another, whatever they send and in whichever order', async () => {
  const property = fc.asyncProperty(deeds, async (steps) => {
    const world = new World();
    for (const visitor of world.visitors) await world.enter(visitor);
    for (const [deed, who, as, nth] of steps) {
      const visitor = world.visitor(who);
      // As a browser does before anything else: with the cookie it has.
      await world.enter(visitor);
      await DEEDS[deed]!(world, visitor, world.visitor(as), nth);
      await turn();
    }
    expect(world.stolen).toEqual([]);
    for (const { name, events, answers, entered, principals } of world.visitors) {
      const { scope } = entered;
      expect(new Set(principals)).toEqual(new Set([name]));
      const shown = JSON.stringify([events, answers, scope.events, scope.questions]);
      const names = Array.from(shown.matchAll(/"(?:of|by)":"([^"]+)"/g), ([, of]) => of);
      expect(names.filter((of) => of !== name)).toEqual([]);
    }
    const resources = world.visitors.flatMap((each) => [...each.resources]);
    expect(new Set(resources).size).toBe(resources.length);
    await world.rig.end();
  });
  await seeded(property, 150);
}, 60_000);
