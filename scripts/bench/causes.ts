import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { causeKinds } from '../../src/explain/causes/index.ts';
import type { Lab } from '../../src/lab/words.ts';
import { plan } from '../../src/plan/plan.ts';
import { breakers } from '../../tests/causes/breakages.ts';
import { type Random, random } from '../../tests/causes/random.ts';
import { type Proven, proven } from '../../tests/causes/standing.ts';
import { attempt, type Trial, typedText } from '../../tests/causes/trial.ts';
import { median } from './numbers.ts';
import { table } from './tables.ts';

/** Labs of all kinds: plain cables, bridges, routes, tunnels, translation and hooks. */
const labs = [
  'netns-veth',
  'netns-bridge',
  'cni-bridge',
  'docker-networks',
  'netfilter-hooks',
  'flannel-host-gw',
  'flannel-vxlan',
  'flannel-vxlan-dual-stack',
  'calico-bgp',
  'calico-bgp-dual-stack',
  'calico-vxlan',
  'pod-to-external',
  'network-policy',
  'cni-portmap',
];

const page = fileURLToPath(new URL('../../docs/causes.md', import.meta.url));

export interface AskedCauses {
  count: number;
  seed: number;
  labs: string[];
  kinds: string[];
  /** Whether it is known what the places were like when the lab was proven. */
  remembers: boolean;
}

/** Reads what was typed behind `causes`; throws a sentence where a word is not known. */
export function askedCauses(words: readonly string[]): AskedCauses {
  const asked: AskedCauses = { count: 500, seed: 1, labs: [], kinds: [], remembers: true };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--count') asked.count = Number(rest.shift());
    else if (word === '--seed') asked.seed = Number(rest.shift());
    else if (word === '--no-baseline') asked.remembers = false;
    else if (labs.includes(word)) asked.labs.push(word);
    else if (word in breakers) asked.kinds.push(word);
    else
      throw new Error(
        `${word}: what can be asked for is --count N, --seed N, --no-baseline, ${labs.join(', ')}, ${Object.keys(breakers).join(', ')}`,
      );
  }
  if (!(asked.count >= 1) || !Number.isInteger(asked.seed)) throw new Error('--count and --seed are whole numbers');
  return {
    ...asked,
    labs: asked.labs.length ? asked.labs : labs,
    kinds: asked.kinds.length ? asked.kinds : Object.keys(breakers),
  };
}

/** Breaks labs at random, prints which causes were named, and keeps that where nothing was left out. */
export async function benchCauses(words: readonly string[]): Promise<void> {
  if (words.join() === '--page') return writeFile(page, causesPage(await measuredBefore()));
  const asked = askedCauses(words);
  const began = performance.now();
  const trials = await tried(asked);
  const text = report(trials, asked, performance.now() - began);
  process.stdout.write(`${text}\n`);
  if (!words.length) await writeFile(page, causesPage(text));
}

/** As many on each lab, its kinds in turn; a lab that is not healthy afterwards is stood up again. */
async function tried({ count, seed, labs, kinds, remembers }: AskedCauses): Promise<Trial[]> {
  const by = random(seed);
  const share = Math.ceil(count / labs.length);
  const trials: Trial[] = [];
  for (const name of labs) {
    const own: Trial[] = [];
    let lab: Proven | undefined;
    try {
      for (const kind of turns(by, kinds, share * MOST_DRAWN)) {
        if (own.filter(isCounted).length >= share) break;
        lab ??= await standUp(name);
        const trial = await attempt(lab, kind, by.below(2 ** 31), { remembers });
        if (!trial) continue;
        own.push(trial);
        note(trial);
        if (trial.healed) continue;
        await lab[Symbol.asyncDispose]();
        lab = undefined;
      }
    } finally {
      await lab?.[Symbol.asyncDispose]();
    }
    trials.push(...own);
  }
  return trials;
}

/** Some kinds have no place in some labs, and some breakages are survived: so many are drawn for one that counts, at most. */
const MOST_DRAWN = 4;

/** So many kinds, each once in a round, the rounds in an order of their own. */
const turns = (by: Random, kinds: readonly string[], count: number): string[] =>
  Array.from({ length: Math.ceil(count / kinds.length) }, () => by.shuffled(kinds)).flat();

async function standUp(name: string): Promise<Proven> {
  const { default: lab } = (await import(`../../labs/${name}.ts`)) as { default: Lab };
  const stood = await proven(plan(lab, name));
  const sick = stood.healthy.filter(({ verdict, causes }) => verdict !== 'passed' || causes.length);
  if (!sick.length) return stood;
  await stood[Symbol.asyncDispose]();
  throw new Error(`${name} is not healthy: ${sick.map((each) => each.name).join(', ')}`);
}

function note({ lab, walk, breakage, outcome, broken, toldMs = 0, healed, left }: Trial): void {
  const causes = (broken?.causes ?? []).map((each) => `${each.cause} at ${each.place}`).join(', ');
  process.stderr.write(
    `${outcome.padEnd(12)} ${breakage.causes[0]} | ${lab}: ${walk} | ${typedText(breakage)} | ${broken?.outcome ?? ''} ${broken?.causes[0]?.sentence ?? ''} | ${causes} | ${Math.round(toldMs)} ms${healed ? '' : ` | not healed: ${left.join('; ') || 'the walk is still another one'}`}\n`,
  );
}

const isCounted = ({ outcome }: Trial) => !['survived', 'unknown', 'not made'].includes(outcome);
const share = (some: number, all: number) => (all ? `${((100 * some) / all).toFixed(1)} %` : '');

/** The table of hits and misses. */
export function report(trials: readonly Trial[], { seed, remembers }: AskedCauses, tookMs: number): string {
  const counted = trials.filter(isCounted);
  const names = [...new Set(counted.map(({ breakage }) => breakage.causes[0]!))].sort();
  const groups = names.map((name) => [name, counted.filter(({ breakage }) => breakage.causes[0] === name)] as const);
  const row = (name: string, some: readonly Trial[]): string[] => {
    const named = (outcomes: string[]) => some.filter(({ outcome }) => outcomes.includes(outcome)).length;
    const [first, missed] = [named(['named first']), named(['missed'])];
    return [name, ...[some.length, first, some.length - missed, missed].map(String)];
  };
  const [, , first, among] = row('', counted).map(Number);
  const times = counted.flatMap(({ toldMs }) => toldMs ?? []);
  const others = (outcome: Trial['outcome']) => trials.filter((each) => each.outcome === outcome).length;
  return [
    table(
      ['cause', 'breakages', 'named first', 'among three', 'missed'],
      [...groups.map(([name, some]) => row(name, some)), row('all', counted)],
    ),
    `Named first: ${share(first!, counted.length)}; among the first three: ${share(among!, counted.length)}${remembers ? '' : ', where nothing is known of the time when the lab was proven'}. Seed ${seed}, ${new Set(trials.map(({ lab }) => lab)).size} labs, ${Math.round(tookMs / 1000)} s.`,
    `From the loss to its causes: ${Math.round(median(times))} ms, at worst ${Math.round(Math.max(0, ...times))} ms.`,
    `Not counted: ${others('survived')} that the walk survived, ${others('unknown')} of which it was not known, ${others('not made')} that this kernel refused. ${trials.filter(({ healed }) => !healed).length} labs were stood up again.`,
  ].join('\n\n');
}

const ABOUT =
  '`npm run bench -- causes` breaks standing labs at random, walks, and looks which causes are named. Drawn are the lab, the walk, and the place on it, there or back; what is broken, each in turn. A cause counts where its name and its place are right.';

/** What the page says of the last measurement. */
const measuredBefore = async (): Promise<string> => (await readFile(page, 'utf8')).split(ABOUT)[1]!.trim();

/** The page docs/causes.md: what can be told, and how often it was. */
export const causesPage = (measured: string): string =>
  [
    '# Why it was lost',
    'Of a walk that failed, the causes are told, the likeliest first: what happened, at which place, what shows it, and what to type to mend it. `certain` is what the kernel itself says, `likely` what explains all that was seen, `possible` what explains some of it. A fault of a lab may state the `cause` that must be named first.',
    '## The causes',
    table(['cause', 'to read'], named()),
    '## How often the right one is named',
    ABOUT,
    measured,
  ]
    .join('\n\n')
    .concat('\n');

/** The table of causes, each name once. */
function named(): string[][] {
  const names = [...new Set(causeKinds.map(({ name }) => name))];
  return names.map((name) => {
    const read = causeKinds.flatMap((kind) => (kind.name === name ? kind.read : []));
    return [name, [...new Set(read)].join('; ')];
  });
}
