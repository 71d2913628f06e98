import type { Typed } from '../plan/plan.ts';
import { duration } from '../report/duration.ts';
import type { PageRun } from './data.ts';
import { Asked, Command, Folded, Verdict } from './parts.tsx';
import { hashOf } from './route.ts';
import { worstFirst } from './summary.tsx';
import { outcomeText } from './words.ts';

/** The walks of a run, in the order of the lab. */
export const Walks = ({ run, index }: { run: PageRun; index: number }) => (
  <article>
    <h2>Walks</h2>
    <ul class="rows">
      {run.document.walks.map((walk, item) => (
        <li key={walk.name}>
          <a href={hashOf({ run: index, view: 'walk', item })}>
            <Verdict of={walk.verdict} bare /> <span>{walk.name}</span>
            <span class="how">
              {outcomeText(walk)}, {walk.hops.length} hops
            </span>
          </a>
        </li>
      ))}
    </ul>
  </article>
);

/** Every check, with its command and what that printed; those that are not well first, and open. */
export const Checks = ({ run }: { run: PageRun }) => (
  <article>
    <h2>Checks</h2>
    {worstFirst(run.document.checks).map(({ each, index }) => (
      <Folded
        key={index}
        open={each.verdict !== 'passed'}
        title={
          <>
            <Verdict of={each.verdict} bare /> {each.title}{' '}
            <span class="how">
              {each.node}
              {each.claim ? ` · ${each.claim}` : ''}
            </span>
          </>
        }
      >
        {each.reason && <p class="bad">{each.reason}</p>}
        <Asked place={each.node} command={each.command} output={each.output} />
      </Folded>
    ))}
  </article>
);

/** What each claim says, how it ended, and what proves it. */
export const Claims = ({ run, index }: { run: PageRun; index: number }) => (
  <article>
    <h2>Claims</h2>
    {run.document.claims.map(({ id, verdict, note }) => (
      <section key={id} class="claim">
        <h3>
          {id} <Verdict of={verdict} />
        </h3>
        {run.lab?.claims[id] && (
          <figure>
            <blockquote>{run.lab.claims[id].says}</blockquote>
            <figcaption>{run.lab.claims[id].document}</figcaption>
          </figure>
        )}
        <p class="told">{verdict === 'confirmed' ? `Shown by: ${note}` : note}</p>
        <Proofs run={run} index={index} id={id} />
      </section>
    ))}
  </article>
);

const Proofs = ({ run: { document }, index: run, id }: { run: PageRun; index: number; id: string }) => {
  const links = [
    ...document.walks.flatMap((walk, item) =>
      walk.claims.includes(id) ? [{ text: walk.name, href: hashOf({ run, view: 'walk', item }) }] : [],
    ),
    ...document.drills.flatMap((drill, item) =>
      drill.claims.includes(id) ? [{ text: drill.fault, href: hashOf({ run, view: 'drill', item }) }] : [],
    ),
    ...(document.checks.some(({ claim }) => claim === id)
      ? [{ text: 'its checks', href: hashOf({ run, view: 'checks' }) }]
      : []),
  ];
  return (
    <ul class="proofs">
      {links.map(({ text, href }) => (
        <li key={href}>
          <a href={href}>{text}</a>
        </li>
      ))}
    </ul>
  );
};

/** How the lab was set up: each step, with every command. */
export const SetUp = ({ run: { document, lab } }: { run: PageRun }) => (
  <article>
    <h2>Set-up</h2>
    {!document.steps.length && <p>The lab stood already. It is set up like this:</p>}
    {(lab?.steps ?? document.steps).map(({ title }, i) => {
      const result = document.steps.find((step) => step.title === title);
      const step = lab?.steps[i];
      return (
        <section key={title} class="step">
          <h3>
            {i + 1}. {title} {result && <Verdict of={result.verdict} bare />}{' '}
            <span class="how">{result ? duration(result.durationMs) : ''}</span>
          </h3>
          {result?.note && <p class="note">{result.note}</p>}
          {result?.failure && (
            <Asked place={result.failure.node} command={result.failure.command} output={result.failure.output} />
          )}
          {step?.cables && (
            <ul class="cables">
              {step.cables.map(({ ends }) => (
                <li key={JSON.stringify(ends)} class="mono">
                  {ends
                    .map(({ place, interface: device, address }) =>
                      [`${place}:${device}`, address].filter(Boolean).join(' '),
                    )
                    .join(' -- ')}
                </li>
              ))}
            </ul>
          )}
          {step?.commands && <Lines commands={step.commands} />}
        </section>
      );
    })}
  </article>
);

/** Commands as they are typed at their places. */
export const Lines = ({ commands }: { commands: readonly Typed[] }) => (
  <div class="lines">
    {commands.flatMap(({ place, lines }) =>
      lines.map((line, i) => <Command key={place + i} place={place} line={line} />),
    )}
  </div>
);
