import type { ComponentChildren } from 'preact';
import { endedText } from '../judge/outcome.ts';
import type { WalkResult } from '../judge/result.ts';
import type { DrillResult } from '../prove/events.ts';
import type { PageRun } from './data.ts';
import { Lines } from './lists.tsx';
import { Folded, Verdict } from './parts.tsx';
import { hashOf } from './route.ts';
import { worstFirst } from './summary.tsx';
import { outcomeText } from './words.ts';

/** The drills of a run. */
export const Drills = ({ run, index }: { run: PageRun; index: number }) => (
  <article>
    <h2>Drills</h2>
    <ul class="rows">
      {worstFirst(run.document.drills).map(({ each, index: item }) => (
        <li key={item}>
          <a href={hashOf({ run: index, view: 'drill', item })}>
            <Verdict of={each.verdict} bare /> <span>{each.fault}</span>
            <span class="how">
              {each.broken ? outcomeText(each.broken) : 'not tried'}
              {each.healed ? ', healed' : ''}
            </span>
          </a>
        </li>
      ))}
    </ul>
  </article>
);

/** A drill: what was broken, where the packet was to be lost and was, how it was mended; `children` is its walk. */
export const Drill = ({
  run,
  index,
  item,
  isBefore,
  children,
}: {
  run: PageRun;
  index: number;
  item: number;
  isBefore: boolean;
  children: ComponentChildren;
}) => {
  const drill = run.document.drills[item]!;
  const fault = run.lab?.faults.find((each) => each.fault === drill.fault);
  const before = run.document.walks.findIndex(({ name }) => name === drill.walk);
  return (
    <>
      <article class="drill">
        <header>
          <h2>Drill: {drill.fault}</h2>
          <p class={`banner ${drill.verdict}`}>
            <Verdict of={drill.verdict} /> {drill.reason ?? 'It failed as predicted, and healed.'}
          </p>
        </header>
        <p class="how">
          {[
            `Predicted: ${endedText(drill.expected)}`,
            `seen: ${drill.failed ? endedText(drill.failed) : 'the walk did not fail'}`,
            `after the fix: ${drill.healed ? 'everything arrived again' : 'not healed'}`,
          ].join('; ')}
          .
        </p>
        {fault && (
          <Folded title="How it is broken and mended">
            <h3>Broken by</h3>
            <Lines commands={fault.break} />
            <h3>Mended by</h3>
            <Lines commands={fault.fix} />
            <p>Hint: {drill.hint}</p>
          </Folded>
        )}
        <nav class="tabs" aria-label="States of the walk">
          <State to={hashOf({ run: index, view: 'drill', item, before: true })} isNow={isBefore} text="Before" />
          <State to={hashOf({ run: index, view: 'drill', item })} isNow={!isBefore} text="Broken" />
          {drill.broken && before >= 0 && (
            <a
              href={hashOf({
                view: 'beside',
                sides: [
                  { run: index, view: 'walk', item: before },
                  { run: index, view: 'drill', item },
                ],
              })}
            >
              Side by side
            </a>
          )}
          <span class="how">{drill.healed ? '✓ healed: all hops as before' : '✗ not healed'}</span>
        </nav>
      </article>
      {children}
    </>
  );
};

const State = ({ to, isNow, text }: { to: string; isNow: boolean; text: string }) => (
  <a href={to} {...(isNow && { 'aria-current': 'true' })}>
    {text}
  </a>
);

/** The walk of a drill, as it was before the fault or with it; nothing where it was not taken. */
export const walkOfDrill = (run: PageRun, drill: DrillResult, isBefore: boolean): WalkResult | undefined =>
  isBefore ? run.document.walks.find(({ name }) => name === drill.walk) : (drill.broken ?? undefined);
