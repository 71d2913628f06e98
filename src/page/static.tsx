import type { HopResult, WalkResult } from '../judge/result.ts';
import type { DrillResult } from '../prove/events.ts';
import type { DocumentedCheck } from '../record/document.ts';
import { Pair } from './beside.tsx';
import { Besides, Causes, Why } from './causes.tsx';
import type { PageData, PageRun, Picture } from './data.ts';
import { Still } from './drawing.tsx';
import { walkOfDrill } from './drill.tsx';
import { Stated } from './headers.tsx';
import { Asked, Command, Verdict } from './parts.tsx';
import { worstFirst } from './summary.tsx';
import { changesAt, hopText, isBad, outcomeText, partName, seenBrief, signOf } from './words.ts';

/** A report without script: what is printed, and what is read where no script runs. It has no state. */
export const Static = ({ data }: { data: PageData }) => (
  <div class="static">
    <h1>{data.title}</h1>
    <p class={`banner ${data.verdict}`}>
      <Verdict of={data.verdict} /> {data.reason}
    </p>
    {data.runs.map((run) => (
      <Run key={`${run.document.lab} ${run.document.runtime}`} run={run} isWhole={data.runs.length === 1} />
    ))}
    {data.silent.map(({ lab, runtime, verdict, reason }) => (
      <p key={`${lab} ${runtime}`}>
        <Verdict of={verdict} /> {lab} on {runtime}: {reason}
      </p>
    ))}
    {data.comparisons.flatMap(({ lab, differences }) =>
      differences.map((text) => (
        <p key={lab + text}>
          {lab}: {text}
        </p>
      )),
    )}
    {data.ledger.map(({ id, verdict, says, document }) => (
      <p key={id}>
        {id} <Verdict of={verdict} /> {says} ({document})
      </p>
    ))}
    <p>
      {Object.entries(data.made)
        .map(([what, text]) => `${what}: ${text}`)
        .join(' · ')}
    </p>
  </div>
);

/** Of several runs, what passed is told in a line. */
const Run = ({ run, isWhole }: { run: PageRun; isWhole: boolean }) => {
  const { document, lab, picture } = run;
  const before = (drill: DrillResult) => walkOfDrill(run, drill, true);
  return (
    <>
      {!isWhole && (
        <h2>
          {document.title} <Verdict of={document.verdict} />
        </h2>
      )}
      <p>
        {document.lab} on {document.runtime}. {document.reason}
      </p>
      {worstFirst(document.walks).map(({ each, index }) => (
        <WalkTable
          key={index}
          walk={each}
          isWhole={isWhole || each.verdict !== 'passed'}
          picture={each.verdict === 'failed' || (isWhole && index === 0) ? picture : undefined}
        />
      ))}
      {document.drills.map((drill) => (
        <section key={drill.fault}>
          <h3>
            Drill: {drill.fault} <Verdict of={drill.verdict} />
          </h3>
          <p>
            {drill.reason ?? (drill.broken ? outcomeText(drill.broken) : 'not tried')}
            {drill.healed ? ', healed' : ''}
          </p>
          {drill.broken && <Causes walk={drill.broken} />}
          {isWhole && drill.broken && before(drill) && (
            <Pair
              isBrief
              sides={[
                { run, walk: before(drill)!, name: 'Before' },
                { run, walk: drill.broken, name: 'Broken' },
              ]}
            />
          )}
        </section>
      ))}
      <ChecksList checks={document.checks} />
      {document.claims.map(({ id, verdict, note }) => (
        <p key={id}>
          {id} <Verdict of={verdict} /> {lab?.claims[id]?.says} {verdict === 'confirmed' ? '' : note}
        </p>
      ))}
      {isWhole &&
        lab?.steps.map(({ title, commands }) => (
          <section key={title}>
            <h3>{title}</h3>
            {commands && (
              <pre>{commands.flatMap(({ place, lines }) => lines.map((line) => `${place}# ${line}`)).join('\n')}</pre>
            )}
          </section>
        ))}
    </>
  );
};

/** Those that passed, by their titles, each with its places; all others with what they printed. */
const ChecksList = ({ checks }: { checks: DocumentedCheck[] }) => {
  const passed = checks.filter(({ verdict }) => verdict === 'passed');
  const titles = [...new Set(passed.map(({ title }) => title))];
  return (
    <>
      {checks
        .filter(({ verdict }) => verdict !== 'passed')
        .map((each) => (
          <section key={each.title + each.node}>
            <p>
              <Verdict of={each.verdict} /> {each.title}: {each.reason}
            </p>
            <Asked place={each.node} command={each.command} output={each.output.slice(0, 4000)} />
          </section>
        ))}
      <ul>
        {titles.map((title) => (
          <li key={title}>
            <Verdict of="passed" bare /> {title} (
            {passed.flatMap((each) => (each.title === title ? [each.node] : [])).join(', ')})
          </li>
        ))}
      </ul>
    </>
  );
};

const WalkTable = ({
  walk,
  isWhole,
  picture,
}: {
  walk: WalkResult;
  isWhole: boolean;
  picture: Picture | undefined;
}) => (
  <section>
    <h3>
      {walk.name} <Verdict of={walk.verdict} /> {outcomeText(walk)}
    </h3>
    <p>
      <Command place={walk.send.from} line={walk.send.command} />
    </p>
    <Causes walk={walk} />
    {picture && <Still layout={picture} walk={walk} />}
    {isWhole && (
      <table>
        <thead>
          <tr>
            <th scope="col">Hop</th>
            <th scope="col">Where</th>
            <th scope="col">What became of the packet</th>
          </tr>
        </thead>
        <tbody>
          {walk.hops.map((hop, i) => (
            <tr key={i}>
              <td>
                {i + 1} {signOf(hop.fate).sign}
              </td>
              <td class="mono">
                {hop.part === 'request' ? '' : `${partName(hop.part, walk)} `}
                {hopText(hop, walk)}
              </td>
              <td>
                {hop.because}
                <Told hop={hop} changes={changesAt(walk, i)} isFirst={walk.hops[i - 1]?.part !== hop.part} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
    {walk.verdict !== 'passed' && (
      <>
        <Besides walk={walk} />
        <Why walk={walk} open />
      </>
    )}
  </section>
);

const Told = ({ hop, changes, isFirst }: { hop: HopResult; changes: string[]; isFirst: boolean }) => {
  if (!isBad(hop.fate)) {
    const text = isFirst || hop.kind === 'hook' ? seenBrief(hop) : changes.join(', ');
    return text ? <div class="how">{text}</div> : null;
  }
  return (
    <div class="bad">
      {signOf(hop.fate).word}
      {hop.kind === 'point' && <Stated headers={hop.expected} />}
      <div>seen: {seenBrief(hop) || 'nothing'}</div>
      {hop.kind === 'point' && hop.frame && <code class="frame">{hop.frame}</code>}
    </div>
  );
};
