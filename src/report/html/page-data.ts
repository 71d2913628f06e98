import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { HopResult, PointResult, Stray, WalkResult } from '../../judge/result.ts';
import { type HeaderBytes, headerBytes } from '../../packet/header-bytes.ts';
import type { LabFacts, PageData, PageRun } from '../../page/data.ts';
import type { Plan } from '../../plan/plan.ts';
import { protocolsOf } from '../../plan/registry.ts';
import type { DrillResult, Event } from '../../prove/events.ts';
import type { Document } from '../../record/document.ts';
import type { ClaimEntry } from '../../record/ledger.ts';
import type { Results } from '../runtimes/results.ts';
import { picture } from './picture.ts';

/** What a page shows of one run. */
export const runPage = async (document: Document, plan: Plan): Promise<PageData> => ({
  ...nothing(),
  title: document.title,
  verdict: document.verdict,
  reason: document.reason,
  runs: [await pageRun(document, plan)],
});

/** What a page shows of labs on runtimes; of a lab whose plan is not known, its results alone. */
export async function resultsPage(
  results: Results,
  planOf: (lab: string) => Promise<Plan | undefined>,
): Promise<PageData> {
  const { verdict, reason, labs, runtimes, comparisons } = results;
  const runs: PageRun[] = [];
  for (const { lab, document } of results.runs) if (document) runs.push(await pageRun(document, await planOf(lab)));
  return {
    ...nothing(),
    title: `${labs.length === 1 ? labs[0] : `${labs.length} labs`} on ${runtimes.join(', ')}`,
    verdict,
    reason,
    runs,
    silent: results.runs.flatMap(({ document, ...run }) => (document ? [] : [run])),
    comparisons,
  };
}

/** What a page shows of claims; refuted ones outweigh unknown ones. */
export function claimsPage(ledger: ClaimEntry[], reason: string): PageData {
  const has = (verdict: ClaimEntry['verdict']) => ledger.some((each) => each.verdict === verdict);
  const verdict = has('refuted') ? 'failed' : has('unknown') ? 'unknown' : 'passed';
  return { ...nothing(), title: 'What the documents claim', verdict, reason, ledger };
}

const nothing = () => ({
  runs: [],
  silent: [],
  comparisons: [],
  ledger: [],
  made: { ...madeWith(), Written: new Date().toISOString().slice(0, 19) },
});

/** What was used. */
export const madeWith = (): Record<string, string> => ({
  packetwalk: version(),
  'Kernel of this machine': release(),
});

function version(): string {
  for (const path of ['../package.json', '../../../package.json'])
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'packetwalk' && version) return version;
    } catch {}
  return 'unknown';
}

async function pageRun(whole: Document, plan: Plan | undefined): Promise<PageRun> {
  const document = shortened(whole);
  const walks = [...document.walks, ...document.drills.flatMap(({ broken }) => broken ?? [])];
  const seen: (HopResult | Stray)[] = walks.flatMap(({ hops, strays }) => [...hops, ...strays]);
  const run = { document, ...layoutsOf(walks, plan) };
  if (!plan) return run;
  return { ...run, lab: labFacts(plan), picture: await picture({ plan, seen }) };
}

/** What of a plan a page shows. */
export const labFacts = (plan: Plan): LabFacts => {
  const { steps, claims, faults, about } = plan;
  const brief = [...protocolsOf(plan).known.values()].flatMap(({ id, brief }) => (brief ? [[id, brief] as const] : []));
  return { steps, claims, faults, brief: Object.fromEntries(brief), ...(about && { about }) };
};

/** Of an output of thousands of lines, what is read on a page; `--json` has all of it. */
const MOST_CHARACTERS = 12_000;

function short(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const kept = text.slice(0, text.lastIndexOf('\n', MOST_CHARACTERS) + 1 || MOST_CHARACTERS);
  return `${kept}… and ${text.slice(kept.length).split('\n').length} more lines, which --json has`;
}

const shortWalk = (walk: WalkResult): WalkResult => ({
  ...walk,
  evidence: walk.evidence.map(short),
  causes: walk.causes.map((cause) => ({
    ...cause,
    evidence: cause.evidence.map((each) => ({ ...each, output: short(each.output) })),
  })),
});

const shortCheck = <T extends { output: string }>(check: T): T => ({ ...check, output: short(check.output) });

const shortDrill = (drill: DrillResult): DrillResult => ({
  ...drill,
  broken: drill.broken && shortWalk(drill.broken),
});

const shortened = (document: Document): Document => ({
  ...document,
  walks: document.walks.map(shortWalk),
  checks: document.checks.map(shortCheck),
  drills: document.drills.map(shortDrill),
});

/** An event as a page shows it, and where the fields of its frames are. */
export function eventLayouts<T extends { type: string }>(
  event: T | Event,
  plan: Plan,
): { event: T | Event } & Pick<PageRun, 'layouts' | 'layoutOf'> {
  const walks = isWalk(event) ? [event.walk] : isDrill(event) && event.drill.broken ? [event.drill.broken] : [];
  return { event: shortEvent(event), ...layoutsOf(walks, plan) };
}

type Of<K extends Event['type']> = Extract<Event, { type: K }>;
const isWalk = (event: { type: string }): event is Of<'walk ended'> => event.type === 'walk ended';
const isDrill = (event: { type: string }): event is Of<'drill ended'> => event.type === 'drill ended';
const isCheck = (event: { type: string }): event is Of<'check ended'> => event.type === 'check ended';

function shortEvent<T extends { type: string }>(event: T | Event): T | Event {
  if (isWalk(event)) return { ...event, walk: shortWalk(event.walk) };
  if (isCheck(event)) return { ...event, check: shortCheck(event.check) };
  if (isDrill(event)) return { ...event, drill: shortDrill(event.drill) };
  return event;
}

/** Where the fields of all frames are: frames of the same build have one layout in common. */
function layoutsOf(walks: WalkResult[], plan: Plan | undefined): Pick<PageRun, 'layouts' | 'layoutOf'> {
  const registry = plan && protocolsOf(plan);
  const layouts = new Map<string, { index: number; layout: HeaderBytes[] }>();
  const layoutOf: Record<string, number> = {};
  for (const hop of walks.flatMap(({ hops }) => hops)) {
    if (hop.kind !== 'point' || !hop.frame || hop.frame in layoutOf) continue;
    const layout = headerBytes(Buffer.from(hop.frame, 'base64'), linkOf(hop), registry);
    const key = JSON.stringify(layout);
    if (!layouts.has(key)) layouts.set(key, { index: layouts.size, layout });
    layoutOf[hop.frame] = layouts.get(key)!.index;
  }
  return { layouts: [...layouts.values()].map(({ layout }) => layout), layoutOf };
}

const linkOf = ({ seen }: PointResult) => (seen?.[0]?.protocol === 'ether' ? 'ethernet' : 'raw');
