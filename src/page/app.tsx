import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { toDifference } from './beside.tsx';
import { Compare, Ledger } from './compare.tsx';
import type { PageData, PageRun } from './data.ts';
import { Drill, Drills, walkOfDrill } from './drill.tsx';
import { Help, type Key, useKeys } from './keys.tsx';
import { Checks, Claims, SetUp, Walks } from './lists.tsx';
import { Verdict } from './parts.tsx';
import { hashOf, type Route, routeOf, type View } from './route.ts';
import { Search } from './search.tsx';
import { besideOf, canCompare, firstSides, SideBySide } from './side-by-side.tsx';
import { Summary, untold } from './summary.tsx';
import { turnTheme } from './theme.ts';
import { Walk } from './walk.tsx';
import { firstHop } from './words.ts';

/** What a page has besides, that shows a lab while things happen in it. */
export interface Live {
  home: VNode;
  /** How it stands with the lab. */
  status: VNode;
  /** What is shown below all views. */
  dock: VNode;
  /** What can be done with a walk. */
  tools(walk: string): ComponentChildren;
  /** Whether somebody is to find out why a walk fails. */
  isGuessing: boolean;
}

/** The page of a report, or of a lab that is open; its address says what of it is shown. */
export const App = ({ data, live }: { data: PageData; live?: Live }) => {
  const home = live ? 'lab' : data.runs.length + data.silent.length === 1 ? 'summary' : 'compare';
  const route = useRoute(home);
  const [playing, setPlaying] = useState(false);
  const [areKeysOn, setKeysOn] = useState(true);
  const run = data.runs[route.run] ?? data.runs[0];
  const walk = run && walkOf(run, route);
  const hop = walk ? Math.min(route.hop ?? firstHop(walk), Math.max(0, walk.hops.length - 1)) : 0;
  const tabs = tabsOf(data, run, live !== undefined);
  const keys = keysOf({ data, run, route, hop, hops: walk?.hops.length ?? 0, tabs, playing, setPlaying });
  useKeys(keys, areKeysOn);
  const isAll = !run || route.view === 'compare';
  const { verdict } = isAll ? data : run.document;
  const title = isAll ? data.title : `${run.document.lab}${home === 'compare' ? ` on ${run.document.runtime}` : ''}`;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        To the content
      </button>
      <header class="top">
        <h1>
          <a href={hashOf({ view: home })}>{title}</a> <Verdict of={verdict} />
        </h1>
        <nav aria-label="Views">
          {tabs.map(({ view, text }) => (
            <a
              key={view}
              href={hashOf({ run: route.run, view })}
              {...(route.view === view && { 'aria-current': 'page' })}
            >
              {text}
            </a>
          ))}
        </nav>
        <Search data={data} />
        <span class="switches">
          <button type="button" onClick={turnTheme}>
            Theme
          </button>
          <button type="button" onClick={openHelp}>
            Keys
          </button>
        </span>
      </header>
      {live?.status}
      <main id="content" tabIndex={-1}>
        <Shown data={data} run={run} route={route} live={live}>
          {run && walk ? (
            <Walk
              key={`${route.run} ${route.view} ${route.item} ${route.before}`}
              run={run}
              walk={walk}
              hop={hop}
              linkTo={(to) => hashOf({ ...route, hop: to })}
              onHop={(to) => go({ ...route, hop: to })}
              playing={playing}
              onPlaying={setPlaying}
              tools={
                <>
                  {live?.tools(walk.name)}
                  {route.view === 'walk' && canCompare(data) && <Compared data={data} route={route} />}
                </>
              }
              isGuessing={live?.isGuessing ?? false}
            />
          ) : undefined}
        </Shown>
      </main>
      {live?.dock}
      <Help list={keys} areOn={areKeysOn} onOn={setKeysOn} />
    </>
  );
};

const Compared = ({ data, route: { run, item = 0 } }: { data: PageData; route: Route }) => {
  const side = { run, view: 'walk' as const, item };
  return <a href={hashOf({ view: 'beside', sides: [side, besideOf(data, side)] })}>Side by side</a>;
};

const Shown = ({
  data,
  run,
  route,
  live,
  children,
}: {
  data: PageData;
  run: PageRun | undefined;
  route: Route;
  live: Live | undefined;
  children: VNode | undefined;
}) => {
  if (!run) return data.ledger.length ? <Ledger data={data} /> : <Compare data={data} />;
  const { view, item } = route;
  if (live && view === 'lab') return live.home;
  if (view === 'compare') return <Compare data={data} />;
  if (view === 'beside')
    return (
      <SideBySide
        data={data}
        sides={route.sides ?? firstSides(data, route.run)}
        onSides={(sides) => go({ run: sides[0].run, view, sides })}
      />
    );
  if (view === 'walk') return children ?? <Walks run={run} index={route.run} />;
  if (view === 'checks') return <Checks run={run} />;
  if (view === 'claims') return <Claims run={run} index={route.run} />;
  if (view === 'setup') return <SetUp run={run} />;
  if (view === 'drill')
    return item !== undefined && run.document.drills[item] ? (
      <Drill run={run} index={route.run} item={item} isBefore={route.before ?? false}>
        {children}
      </Drill>
    ) : (
      <Drills run={run} index={route.run} />
    );
  return <Summary data={data} run={live?.isGuessing ? untold(run) : run} index={route.run} />;
};

function useRoute(home: View): Route {
  const [route, setRoute] = useState(routeOf(location.hash, home));
  useEffect(() => {
    const listen = () => setRoute(routeOf(location.hash, home));
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, [home]);
  return route;
}

function go(to: Route): void {
  location.hash = hashOf(to);
}

function walkOf(run: PageRun, { view, item, before }: Route) {
  if (item === undefined) return undefined;
  const drill = run.document.drills[item];
  if (view === 'drill') return drill && walkOfDrill(run, drill, before ?? false);
  return view === 'walk' ? run.document.walks[item] : undefined;
}

interface Tab {
  view: View;
  text: string;
}

function tabsOf(data: PageData, run: PageRun | undefined, isLive: boolean): Tab[] {
  if (!run) return [];
  const { walks, checks, drills, claims, steps } = run.document;
  const isOne = data.runs.length + data.silent.length === 1;
  const tabs: (Tab & { has: boolean })[] = [
    { view: 'lab', text: 'Lab', has: isLive },
    { view: 'compare', text: 'All runs', has: !isOne },
    { view: 'summary', text: 'Summary', has: true },
    { view: 'walk', text: 'Walks', has: walks.length > 0 },
    { view: 'checks', text: 'Checks', has: checks.length > 0 },
    { view: 'drill', text: 'Drills', has: drills.length > 0 },
    { view: 'claims', text: 'Claims', has: claims.length > 0 },
    { view: 'setup', text: 'Set-up', has: steps.length > 0 || run.lab !== undefined },
    { view: 'beside', text: 'Side by side', has: canCompare(data) },
  ];
  return tabs.filter(({ has }) => has);
}

const openHelp = () => (document.getElementById('help') as HTMLDialogElement).showModal();

function keysOf({
  run,
  route,
  hop,
  hops,
  tabs,
  playing,
  setPlaying,
}: {
  data: PageData;
  run: PageRun | undefined;
  route: Route;
  hop: number;
  hops: number;
  tabs: Tab[];
  playing: boolean;
  setPlaying(playing: boolean): void;
}): Key[] {
  const toHop = (to: number) => to >= 0 && to < hops && go({ ...route, hop: to });
  const { view, item = -1 } = route;
  const isBeside = view === 'beside';
  const count = (view === 'drill' ? run?.document.drills : run?.document.walks)?.length ?? 0;
  const toItem = (to: number) =>
    to >= 0 && to < count && go({ run: route.run, view: view === 'drill' ? 'drill' : 'walk', item: to });
  const failures = run?.document.walks.flatMap(({ verdict }, i) => (verdict === 'failed' ? [i] : [])) ?? [];
  const nextFailure = failures.find((each) => view === 'walk' && each > item) ?? failures[0];
  return [
    { keys: ['j', 'ArrowRight'], does: 'next hop', act: () => (isBeside ? toDifference(1) : toHop(hop + 1)) },
    { keys: ['k', 'ArrowLeft'], does: 'hop before', act: () => (isBeside ? toDifference(-1) : toHop(hop - 1)) },
    { keys: ['n'], does: 'next walk or drill', act: () => toItem(item + 1) },
    { keys: ['p'], does: 'walk or drill before', act: () => toItem(item - 1) },
    { keys: [' '], does: 'play, pause', act: () => hops && setPlaying(!playing) },
    {
      keys: ['f'],
      does: 'next walk that failed',
      act: () => nextFailure !== undefined && go({ run: route.run, view: 'walk', item: nextFailure }),
    },
    { keys: ['/'], does: 'search', act: () => document.getElementById('search')?.focus() },
    ...tabs.map(({ view: to, text }, i) => ({
      keys: [String(i + 1)],
      does: text,
      act: () => go({ run: route.run, view: to }),
    })),
    { keys: ['t'], does: 'light or dark', act: turnTheme },
    { keys: ['?'], does: 'keys', act: openHelp },
  ];
}
