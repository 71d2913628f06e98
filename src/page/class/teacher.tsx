import { Screen } from '../live/dock.tsx';
import type { Screens } from '../live/screens.ts';
import { Folded, Scroll } from '../parts.tsx';
import { OpenUpTo, SendAway, ToAll } from './forms.tsx';
import { type ClassFacts, type Ended, type FromPage, type Row, TERMINAL } from './messages.ts';
import { Sign } from './sign.tsx';
import type { ClassState } from './state.ts';

interface Shown {
  state: ClassState;
  screens: Screens;
  ask(message: FromPage): void;
}

/** How all of a class get on: attendees and items, and what the teacher can do. */
export const Teacher = ({ state, screens, ask }: Shown) => {
  const { class: facts, rows, seats, watching } = state;
  const watched = rows.find(({ seat }) => seat === watching);
  const calls = rows.filter(({ helpSince }) => helpSince !== undefined);
  return (
    <article class="teacher">
      <h2>{facts!.title}</h2>
      <p role="status">
        {seats.taken} of {seats.of} have joined; {seats.ready} labs stand.
        {calls.length > 0 && ` Help is asked for by ${calls.map(({ name }) => name).join(', ')}.`}
      </p>
      <ToAll onTell={(text) => ask({ kind: 'tell', text })} />
      <OpenUpTo items={facts!.items} upTo={seats.upTo} onOpen={(upTo) => ask({ kind: 'open', upTo })} />
      <Grid {...{ facts: facts!, rows, watching, upTo: seats.upTo, ask }} />
      {watched && (
        <section aria-label={`The terminal of ${watched.name}`}>
          <h3>The terminal of {watched.name}, who is told that you watch</h3>
          <Scroll label={`What ${watched.name} sees`}>
            <Screen key={watching} id={TERMINAL} screens={screens} />
          </Scroll>
        </section>
      )}
      <div class="buttons">
        {['csv', 'json'].map((form) => (
          <button key={form} type="button" onClick={() => ask({ kind: 'results', form })}>
            Save results as {form.toUpperCase()}
          </button>
        ))}
      </div>
      <Folded title="What there is to do: it says what is broken, too">
        <ol class="items">
          {facts!.items.map(({ number, chapter, title }) => (
            <li key={number}>
              {number} {chapter}: {title}
            </li>
          ))}
        </ol>
      </Folded>
      <Folded title="The link to join">
        <label>
          For attendees <input readOnly value={`${location.origin}/#${facts!.join}`} />
        </label>
      </Folded>
    </article>
  );
};

const clock = (ms: number) => new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

const Grid = ({
  facts: { items },
  rows,
  watching,
  upTo,
  ask,
}: {
  facts: ClassFacts;
  rows: readonly Row[];
  watching: number;
  upTo: number;
  ask(message: FromPage): void;
}) => (
  <Scroll label="Attendees and what they have done">
    <table class="grid">
      <thead>
        <tr>
          <th scope="col">Attendee</th>
          {items.map(({ number, chapter, title }) => (
            <th scope="col" key={number} title={`${chapter}: ${title}`} class={number > upTo ? 'shut' : ''}>
              {number}
              {number > upTo && <span class="unseen"> not open yet</span>}
            </th>
          ))}
          <th scope="col">Predicted</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.seat} class={row.helpSince === undefined ? '' : 'calls'}>
            <th scope="row">
              <span>{row.name}</span>{' '}
              {row.isAway ? <span class="how">sent away</span> : !row.isThere && <span class="how">away</span>}
              {row.failure && <span class="bad"> no lab: {row.failure}</span>}
              {!row.isAway && <RowButtons {...{ row, watching, ask }} />}
            </th>
            {row.ended.map((ended, i) => (
              <Cell key={items[i]!.number} ended={ended} isAt={row.at === items[i]!.number} />
            ))}
            <td>
              {row.predictions.right} of {row.predictions.of}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

/** What can be done about an attendee. */
const RowButtons = ({ row, watching, ask }: { row: Row; watching: number; ask(message: FromPage): void }) => (
  <span class="buttons">
    <button
      type="button"
      aria-pressed={watching === row.seat}
      aria-label={`Watch ${row.name}`}
      onClick={() => ask({ kind: 'watch', seat: watching === row.seat ? 0 : row.seat })}
    >
      Watch
    </button>
    {row.helpSince !== undefined && (
      <button type="button" onClick={() => ask({ kind: 'helped', seat: row.seat })}>
        Help asked at {clock(row.helpSince)}: done
      </button>
    )}
    <SendAway name={row.name} onSendAway={() => ask({ kind: 'sendAway', seat: row.seat })} />
  </span>
);

const Cell = ({ ended: { verdict, seconds, hints }, isAt }: { ended: Ended; isAt: boolean }) => (
  <td class={isAt ? 'now' : ''} {...(isAt && { 'aria-current': 'step' as const })}>
    <Sign verdict={verdict} /> {seconds >= 0.5 && `${Math.round(seconds)} s`}
    {hints > 0 && (
      <span class="hints">
        {hints} {hints === 1 ? 'hint' : 'hints'}
      </span>
    )}
  </td>
);
