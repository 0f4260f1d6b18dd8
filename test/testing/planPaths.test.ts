import * as fc from 'fast-check';
import {
  type Cover,
  type Model,
  type ModelEdge,
  planPaths,
  sessionModel,
} from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';

type Edge = ModelEdge;
type Path = readonly Edge[];

/** A model of edges written as `from event to`. */
function modelOf(...rows: string[]): Model {
  const edges = rows.map((row) => {
    const [from = '', event = '', to = ''] = row.split(' ');
    return { from, event, to, expects: 'seen', needs: [] };
  });
  const names = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const states = [...names].map((name) => ({ name, description: name }));
  return { name: 'test', initial: 'a', states, edges };
}
const text = (paths: readonly Path[]): string[] =>
  paths.map((path) => path.map(({ event }) => event).join(' '));
const pairs = (path: Path): string[] =>
  path.slice(1).map((edge, i) => `${path[i]?.from} ${path[i]?.event} ${edge.event}`);
/** Where a path does not go on from where it is. */
const gaps = (path: Path): Edge[] =>
  path.filter(({ from }, i) => from !== (i === 0 ? 'a' : path[i - 1]?.to));

/** What paths do not cover. */
function missed({ states, edges }: Model, paths: readonly Path[], cover: Cover): unknown[] {
  const walked = new Set<unknown>(paths.flat());
  if (cover === 'edges') return edges.filter((edge) => !walked.has(edge));
  for (const { to } of paths.flat()) walked.add(to);
  if (cover === 'states') return states.filter(({ name }) => name !== 'a' && !walked.has(name));
  for (const pair of paths.flatMap(pairs)) walked.add(pair);
  const due = edges.flatMap((one) =>
    edges.filter(({ from }) => from === one.to).flatMap((other) => pairs([one, other])),
  );
  return [...edges, ...due].filter((each) => !walked.has(each));
}

const nameOf = (n: number): string => (n === 0 ? 'a' : `s${n}`);

/** Models in which every state can be reached: each is led to from an earlier one. */
const models = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 30 })
  .map((rows) => {
    let count = 1;
    return modelOf(
      ...rows.map(([from, to, isNew], i) => {
        const target = isNew ? count : to % count;
        const row = `${nameOf(from % count)} e${i} ${nameOf(target)}`;
        if (isNew) count++;
        return row;
      }),
    );
  });

describe('planPaths', () => {
  it.each(['edges', 'states', 'edge-pairs'] as const)(
    'covers all %s of any model, from its initial state, along its edges',
    (cover) => {
      fc.assert(
        fc.property(models, (model) => {
          const paths = planPaths(model, { cover });
          expect(paths.flatMap(gaps)).toEqual([]);
          expect(missed(model, paths, cover)).toEqual([]);
        }),
      );
    },
  );

  it('gives the same paths for the same model', () => {
    fc.assert(
      fc.property(models, (model) => {
        const again = structuredClone(model);
        expect(text(planPaths(again))).toEqual(text(planPaths(model)));
      }),
    );
  });

  it('goes the shortest way, and on from there while a path is short', () => {
    const model = modelOf('a go b', 'b stay b', 'b on c', 'a jump c', 'c end d');
    expect(text(planPaths(model))).toEqual(['go stay on end', 'jump']);
    expect(text(planPaths(model, { maxLength: 2 }))).toEqual(['go stay', 'jump end', 'go on']);
    expect(text(planPaths(model, { cover: 'states' }))).toEqual(['jump end', 'go']);
  });

  it('covers the session model by paths of no more than twelve events', () => {
    const paths = planPaths(sessionModel);
    expect(new Set(paths.flat()).size).toBe(sessionModel.edges.length);
    expect(Math.max(...paths.map(({ length }) => length))).toBeLessThanOrEqual(12);
    const names = new Set(
      planPaths(sessionModel, { cover: 'states' })
        .flat()
        .map(({ to }) => to),
    );
    expect(names.size).toBe(sessionModel.states.length - 1);
  });

  it.each([
    ['a state without a way to it', { ...modelOf('a go b', 'c on b') }, /no way to c -- on --> b/],
    ['two edges of one name', modelOf('a go b', 'a go a'), /go leaves a twice/],
    ['an initial state it has not', { ...modelOf('a go b'), initial: 'z' }, /z is none of/],
    [
      'an edge to nowhere',
      { ...modelOf('a go b'), states: [{ name: 'a', description: '' }] },
      /unknown state in a -- go --> b/,
    ],
  ])('refuses %s', (_, model, message) => {
    expect(() => planPaths(model)).toThrow(message);
  });
});
