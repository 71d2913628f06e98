import { plan } from '../../src/plan/plan.ts';
import { type BuilderName, builders } from './builders.ts';
import { labOf, type Topology } from './labs.ts';
import { quiet } from './quiet.ts';
import { type Raised, raise } from './raise.ts';
import { differences, lookedAt, stateOf } from './state.ts';

/** Every run of every builder for one lab, and whether they built the same. */
export interface Built {
  topology: Topology;
  size: number;
  runs: Partial<Record<BuilderName, Raised[]>>;
  absent: Partial<Record<BuilderName, string>>;
  /** Where the state was looked at, and in what a builder's differs from packetwalk's. */
  places: string[];
  differences: Partial<Record<BuilderName, string[]>>;
}

/** Builds one lab with every builder: once to compare what they built, then some rounds to time them. */
export async function build(
  { topology, size }: { topology: Topology; size: number },
  names: readonly BuilderName[],
  folder: string,
  rounds: number,
): Promise<Built> {
  const lab = plan(labOf(topology, size), `${topology}-${size}`);
  const all = await builders(topology, size, lab, folder);
  const built: Built = { topology, size, runs: {}, absent: {}, places: lookedAt(lab), differences: {} };
  const able = names.flatMap((name) => {
    const builder = all[name];
    if (builder && 'absent' in builder) built.absent[name] = builder.absent;
    return builder && 'words' in builder ? [{ name, words: builder.words }] : [];
  });

  const states = new Map<BuilderName, string[]>();
  for (const { name, words } of able) states.set(name, stateOf((await raise(words, built.places)).printed, lab));
  const own = states.get('packetwalk');
  for (const [name, state] of states)
    if (own && name.startsWith('script')) built.differences[name] = differences(own, state);

  for (let round = 0; round < rounds; round++)
    for (const { name, words } of turned(able, round)) {
      await quiet();
      built.runs[name] = [...(built.runs[name] ?? []), await raise(words)];
    }
  return built;
}

/** The same list, begun at another of its elements, so that none is always first. */
const turned = <Each>(list: Each[], by: number): Each[] => {
  const at = by % (list.length || 1);
  return [...list.slice(at), ...list.slice(0, at)];
};
