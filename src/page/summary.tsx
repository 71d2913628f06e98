import type { Verdict as Word } from '../judge/result.ts';
import type { Document } from '../record/document.ts';
import { causeTexts } from '../report/causes.ts';
import { duration } from '../report/duration.ts';
import type { PageData, PageRun } from './data.ts';
import { Verdict } from './parts.tsx';
import { hashOf } from './route.ts';
import { firstHop, outcomeText } from './words.ts';

const order: Word[] = ['failed', 'unknown', 'skipped', 'passed'];

/** Items with their places in a list, what is not well first. */
export const worstFirst = <T extends { verdict: Word }>(list: readonly T[]): { each: T; index: number }[] =>
  list
    .map((each, index) => ({ each, index }))
    .sort((a, b) => order.indexOf(a.each.verdict) - order.indexOf(b.each.verdict));

/** A run without why its walks failed, for whoever is to find that out. */
export const untold = (run: PageRun): PageRun => ({
  ...run,
  document: {
    ...run.document,
    reason: run.document.verdict === 'passed' ? '' : 'Find out why.',
    walks: run.document.walks.map((walk) => ({ ...walk, causes: [] })),
  },
});

/** How a run ended: in a sentence, in numbers, and each walk in a line. */
export const Summary = ({ data, run, index }: { data: PageData; run: PageRun; index: number }) => {
  const { document, lab } = run;
  return (
    <article class="summary">
      <header>
        <h2>{document.title}</h2>
        <p class={`banner ${document.verdict}`}>
          <Verdict of={document.verdict} /> {document.reason || 'All is as the lab states.'}
        </p>
        {lab?.about && <p class="about">{lab.about}</p>}
      </header>
      <Counts document={document} run={index} />
      <h3>Walks</h3>
      <ul class="rows">
        {worstFirst(document.walks).map(({ each: walk, index: item }) => (
          <li key={item}>
            <a href={hashOf({ run: index, view: 'walk', item, hop: firstHop(walk) })}>
              <Verdict of={walk.verdict} bare /> <span>{walk.name}</span>
              <span class="how">
                {outcomeText(walk)}, {duration(walk.durationMs)}
              </span>
              {walk.verdict === 'failed' &&
                causeTexts(walk)
                  .slice(0, 1)
                  .map(({ word, text }) => (
                    <span key={text} class="why">
                      {word}: {text}
                    </span>
                  ))}
            </a>
          </li>
        ))}
      </ul>
      {document.drills.length > 0 && (
        <>
          <h3>Drills</h3>
          <ul class="rows">
            {worstFirst(document.drills).map(({ each, index: item }) => (
              <li key={item}>
                <a href={hashOf({ run: index, view: 'drill', item })}>
                  <Verdict of={each.verdict} bare /> <span>{each.fault}</span>
                  <span class="how">
                    {each.broken ? outcomeText(each.broken) : 'not tried'}
                    {each.healed ? ', healed' : ''}
                  </span>
                  {each.reason && <span class="why">{each.reason}</span>}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      <Made data={data} document={document} />
    </article>
  );
};

const Counts = ({ document: { walks, checks, drills, claims, steps }, run }: { document: Document; run: number }) => {
  const passed = (list: { verdict: string }[]) =>
    list.filter(({ verdict }) => ['passed', 'confirmed', 'corrected'].includes(verdict)).length;
  const cards = [
    { view: 'setup' as const, what: 'steps', list: steps },
    { view: 'walk' as const, what: 'walks', list: walks },
    { view: 'checks' as const, what: 'checks', list: checks },
    { view: 'drill' as const, what: 'drills', list: drills },
    { view: 'claims' as const, what: 'claims', list: claims },
  ].filter(({ list }) => list.length);
  return (
    <ul class="cards">
      {cards.map(({ view, what, list }) => (
        <li key={what}>
          <a href={hashOf({ run, view })} class={passed(list) === list.length ? 'good' : 'bad'}>
            <b>{passed(list)}</b> of {list.length} {what} {what === 'claims' ? 'upheld' : 'passed'}
          </a>
        </li>
      ))}
    </ul>
  );
};

const Made = ({
  data,
  document: { lab, runtime, rootless, kernel, daemons, durations },
}: {
  data: PageData;
  document: Document;
}) => (
  <dl class="made">
    {Object.entries({
      Lab: lab,
      Runtime: `${runtime}${rootless ? ', without root' : ''}`,
      ...(kernel && { Kernel: `Linux ${kernel}` }),
      ...(daemons && { Daemons: daemons.join(', ') }),
      'Set up in': duration(durations.setUpMs),
      'All of it took': duration(durations.totalMs),
      ...data.made,
    }).map(([what, text]) => (
      <div key={what}>
        <dt>{what}</dt>
        <dd>{text}</dd>
      </div>
    ))}
  </dl>
);
