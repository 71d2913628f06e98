import { useMemo, useState } from 'preact/hooks';
import type { WalkResult } from '../judge/result.ts';
import type { PageData } from './data.ts';
import { hashOf, type Route } from './route.ts';
import { hopText, seenBrief } from './words.ts';

interface Found {
  href: string;
  what: string;
  /** What is searched, in small letters. */
  text: string;
}

const MOST = 40;

/** What may be found in a page: hops with their headers, commands with what they printed, claims. */
function indexOf({ runs, ledger }: PageData): Found[] {
  const found: Found[] = [];
  const add = (to: Omit<Route, 'run'> & { run: number }, what: string, ...more: unknown[]) =>
    found.push({
      href: hashOf(to),
      what,
      text: [what, ...more.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))]
        .join(' ')
        .toLowerCase(),
    });
  for (const [run, { document, lab }] of runs.entries()) {
    const name = runs.length > 1 ? `${document.lab} on ${document.runtime}: ` : '';
    const hops = (walk: WalkResult, to: Omit<Route, 'run' | 'hop'>) => {
      for (const [hop, each] of walk.hops.entries())
        add(
          { ...to, run, hop },
          `${name}${walk.name}, hop ${hop + 1}, ${hopText(each, walk)}: ${each.because}`,
          seenBrief(each),
          each.seen,
          each.expected,
        );
    };
    for (const [item, walk] of document.walks.entries()) {
      add({ run, view: 'walk', item }, `${name}${walk.name}`, walk.send.command, walk.causes, walk.claims);
      hops(walk, { view: 'walk', item });
    }
    for (const [item, drill] of document.drills.entries()) {
      add({ run, view: 'drill', item }, `${name}Drill: ${drill.fault}`, drill.hint, drill.broken?.causes ?? []);
      if (drill.broken) hops(drill.broken, { view: 'drill', item });
    }
    for (const each of document.checks)
      add({ run, view: 'checks' }, `${name}Check: ${each.title} (${each.node})`, each.command, each.output, each.claim);
    for (const each of document.claims)
      add({ run, view: 'claims' }, `${name}Claim ${each.id}: ${lab?.claims[each.id]?.says ?? each.note}`);
    for (const { title, commands = [] } of lab?.steps ?? [])
      add({ run, view: 'setup' }, `${name}Step: ${title}`, commands);
  }
  for (const each of ledger) add({ run: 0, view: 'claims' }, `Claim ${each.id}: ${each.says}`);
  return found;
}

/** A field in which an address, a header, a command or a claim is searched. */
export const Search = ({ data }: { data: PageData }) => {
  const [words, setWords] = useState('');
  const all = useMemo(() => indexOf(data), [data]);
  const wanted = words.toLowerCase().trim().split(/\s+/).filter(Boolean);
  const found = wanted.length ? all.filter(({ text }) => wanted.every((word) => text.includes(word))) : [];
  return (
    <search>
      <label class="unseen" for="search">
        Search: an address, a header, a command, a claim
      </label>
      <input
        id="search"
        type="search"
        placeholder="Search ( / )"
        value={words}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      {wanted.length > 0 && (
        <div class="found">
          <p aria-live="polite">
            {found.length
              ? `${found.length} found${found.length > MOST ? `, the first ${MOST} are shown` : ''}`
              : 'Nothing found.'}
          </p>
          <ul>
            {found.slice(0, MOST).map(({ href, what }) => (
              <li key={href + what}>
                <a href={href} onClick={() => setWords('')}>
                  {what}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </search>
  );
};
