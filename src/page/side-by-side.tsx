import { Pair, type Sided } from './beside.tsx';
import type { PageData, PageRun } from './data.ts';
import { walkOfDrill } from './drill.tsx';
import { hashOf, type Side } from './route.ts';

/** A walk that can be chosen. */
interface Choice {
  side: Side;
  text: string;
}

/** All walks of a page: those of runs, and those of drills while something was broken. */
function choices({ runs }: PageData): Choice[] {
  return runs.flatMap(({ document: { lab, runtime, walks, drills } }, run) => {
    const of = runs.length > 1 ? `${lab} on ${runtime}: ` : '';
    return [
      ...walks.map(({ name }, item) => ({ side: { run, view: 'walk' as const, item }, text: of + name })),
      ...drills.flatMap(({ fault, broken }, item) =>
        broken ? [{ side: { run, view: 'drill' as const, item }, text: `${of}Drill: ${fault}` }] : [],
      ),
    ];
  });
}

/** Whether a page has walks enough to be compared. */
export const canCompare = (data: PageData): boolean => choices(data).length > 1;

/** What a walk is best compared with: itself in another run, or with something broken, or the next one. */
export function besideOf(data: PageData, { run, item }: Side): Side {
  const walks = data.runs[run]?.document.walks ?? [];
  const name = walks[item]?.name;
  for (const [other, { document }] of data.runs.entries()) {
    const at = document.walks.findIndex((each) => each.name === name);
    if (other !== run && at >= 0) return { run: other, view: 'walk', item: at };
  }
  const drill = data.runs[run]?.document.drills.findIndex(({ walk, broken }) => broken && walk === name) ?? -1;
  if (drill >= 0) return { run, view: 'drill', item: drill };
  return { run, view: 'walk', item: item + 1 < walks.length ? item + 1 : 0 };
}

/** What is compared where nobody says: a walk before a drill and with what it breaks, or a walk and what is nearest to it. */
export function firstSides(data: PageData, run: number): [Side, Side] {
  const { walks = [], drills = [] } = data.runs[run]?.document ?? {};
  const item = drills.findIndex(({ broken }) => broken);
  const before = walks.findIndex(({ name }) => name === drills[item]?.walk);
  const left: Side = { run, view: 'walk', item: Math.max(0, before) };
  return [left, before >= 0 && data.runs.length === 1 ? { run, view: 'drill', item } : besideOf(data, left)];
}

/** Two walks side by side, and two lists to choose others. */
export const SideBySide = ({
  data,
  sides,
  onSides,
}: {
  data: PageData;
  sides: [Side, Side];
  onSides(sides: [Side, Side]): void;
}) => {
  const all = choices(data);
  const [left, right] = [sidedOf(data, sides, 0), sidedOf(data, sides, 1)];
  return (
    <article>
      <h2>Side by side</h2>
      <div class="choose">
        {sides.map((side, i) => (
          <label key={i}>
            {i ? 'beside' : 'Walk'}{' '}
            <select
              value={hashOf(side)}
              onChange={(event) => {
                const chosen = all.find((each) => hashOf(each.side) === event.currentTarget.value);
                if (chosen) onSides(i ? [sides[0], chosen.side] : [chosen.side, sides[1]]);
              }}
            >
              {all.map(({ side: each, text }) => (
                <option key={hashOf(each)} value={hashOf(each)}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {left && right ? <Pair sides={[left, right]} /> : <p>There is no such walk in this report.</p>}
    </article>
  );
};

function sidedOf({ runs }: PageData, sides: [Side, Side], index: 0 | 1): Sided | undefined {
  const side = sides[index];
  const run = runs[side.run];
  const walk = run && walkOf(run, side);
  if (!walk) return undefined;
  return { run, walk, name: nameOf(runs, sides, index), linkTo: (hop) => hashOf({ ...side, hop }) };
}

const walkOf = (run: PageRun, { view, item }: Side) => {
  const drill = run.document.drills[item];
  return view === 'walk' ? run.document.walks[item] : drill && walkOfDrill(run, drill, false);
};

/** What tells one from the other: that something is broken, the runtime, the lab. */
function nameOf(runs: readonly PageRun[], sides: [Side, Side], index: 0 | 1): string {
  const [own, other] = [sides[index], sides[1 - index]!];
  if (own.view !== other.view) return own.view === 'drill' ? 'Broken' : 'Before';
  const [a, b] = [runs[own.run]!.document, runs[other.run]?.document];
  if (a.runtime !== b?.runtime) return a.runtime;
  if (a.lab !== b.lab) return a.lab;
  return index ? 'Second' : 'First';
}
