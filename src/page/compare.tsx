import { type ClaimEntry, noteOf } from '../record/ledger.ts';
import { duration } from '../report/duration.ts';
import type { PageData } from './data.ts';
import { Folded, Output, Scroll, Verdict } from './parts.tsx';
import { hashOf } from './route.ts';

/** Labs on runtimes: how each run ended, and in what they differ. */
export const Compare = ({ data }: { data: PageData }) => {
  const cells = [
    ...data.runs.map(({ document: { lab, runtime, verdict, durations } }, run) => ({
      lab,
      runtime,
      verdict,
      how: duration(durations.totalMs),
      href: hashOf({ run, view: 'summary' }),
    })),
    ...data.silent.map(({ lab, runtime, verdict, reason }) => ({
      lab,
      runtime,
      verdict,
      how: reason,
      href: undefined,
    })),
  ];
  const runtimes = [...new Set(cells.map(({ runtime }) => runtime))];
  const labs = [...new Set(cells.map(({ lab }) => lab))];
  return (
    <article>
      <h2>{data.title}</h2>
      <p class={`banner ${data.verdict}`}>
        <Verdict of={data.verdict} /> {data.reason || 'All runs passed.'}
      </p>
      <Scroll label="Labs on runtimes">
        <table class="matrix">
          <caption>Each lab on each runtime</caption>
          <thead>
            <tr>
              <th scope="col">Lab</th>
              {runtimes.map((each) => (
                <th scope="col" key={each}>
                  {each}
                </th>
              ))}
              <th scope="col">Compared</th>
            </tr>
          </thead>
          <tbody>
            {labs.map((lab) => (
              <tr key={lab}>
                <th scope="row">{lab}</th>
                {runtimes.map((runtime) => {
                  const cell = cells.find((each) => each.lab === lab && each.runtime === runtime);
                  return (
                    <td key={runtime}>
                      {cell?.href ? (
                        <a href={cell.href}>
                          <Verdict of={cell.verdict} />
                        </a>
                      ) : (
                        cell && <Verdict of={cell.verdict} />
                      )}{' '}
                      <span class="how">{cell?.how ?? 'not run'}</span>
                    </td>
                  );
                })}
                <td>
                  {data.comparisons
                    .filter((each) => each.lab === lab)
                    .map((each) => (
                      <span key={each.lab}>
                        <Verdict of={each.verdict} /> <span class="how">{each.compared} facts</span>{' '}
                        <Beside data={data} lab={lab} />
                      </span>
                    ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Differences data={data} />
    </article>
  );
};

/** A link to the first walk of a lab, as two runs took it. */
const Beside = ({ data, lab }: { data: PageData; lab: string }) => {
  const [left, right] = data.runs.flatMap(({ document }, run) =>
    document.lab === lab && document.walks.length ? [{ run, view: 'walk' as const, item: 0 }] : [],
  );
  return left && right ? <a href={hashOf({ view: 'beside', sides: [left, right] })}>Side by side</a> : null;
};

const Differences = ({ data }: { data: PageData }) => (
  <>
    {data.comparisons
      .filter(({ differences, verdict }) => differences.length || verdict === 'unknown')
      .map(({ lab, reason, differences }) => (
        <section key={lab}>
          <h3>{lab}</h3>
          <p>{reason}</p>
          <ul>
            {differences.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      ))}
  </>
);

/** What goes against a document is told first. */
const rank = ({ verdict }: ClaimEntry) => ['refuted', 'unknown', 'corrected'].indexOf(verdict) + 1 || 4;

/** Claims over labs: what each says, how it stands, and what shows it. */
export const Ledger = ({ data: { ledger, verdict, reason } }: { data: PageData }) => (
  <article>
    <h2>Claims</h2>
    <p class={`banner ${verdict}`}>{reason}</p>
    {[...ledger]
      .sort((a, b) => rank(a) - rank(b))
      .map((entry) => (
        <section key={entry.id} class="claim">
          <h3>
            {entry.id} <Verdict of={entry.verdict} />
          </h3>
          <figure>
            <blockquote>{entry.says}</blockquote>
            <figcaption>{entry.document}</figcaption>
          </figure>
          {noteOf(entry) && <p class="told">{noteOf(entry)}</p>}
          {entry.labs.map(({ lab, verdict, runtime, at, evidence }) => (
            <Folded
              key={lab}
              title={
                <>
                  <Verdict of={verdict} /> {lab}{' '}
                  <span class="how">{runtime ? `on ${runtime}, ${at?.slice(0, 10)}` : ''}</span>
                </>
              }
            >
              {evidence.length ? (
                <ul>
                  {evidence.map((each) => (
                    <li key={each.title}>
                      <Verdict of={each.verdict} bare /> {each.title}
                      {each.command && each.node && <code class="command"> {`${each.node}# ${each.command}`}</code>}
                      {each.output && <Output text={each.output} label={`what showed it in ${lab}`} />}
                    </li>
                  ))}
                </ul>
              ) : (
                <p>Nothing more is kept of it.</p>
              )}
            </Folded>
          ))}
        </section>
      ))}
  </article>
);
