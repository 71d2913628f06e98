import { Screen } from '../live/dock.tsx';
import { LabPicture } from '../live/lab-picture.tsx';
import { LEAVING, type Screens } from '../live/screens.ts';
import { Folded } from '../parts.tsx';
import { Answer, Predict } from './forms.tsx';
import { type FromPage, type PlayFacts, type SeatFacts, TERMINAL } from './messages.ts';
import { Sign } from './sign.tsx';

interface Shown {
  seat: SeatFacts;
  play: PlayFacts;
  /** By which the page can be opened elsewhere. */
  link: string;
  screens: Screens;
  ask(message: FromPage): void;
  onAnswer(isYes: boolean): void;
}

/** A workshop: what is to be done, beside a terminal. */
export const Attendee = (shown: Shown) => {
  const { seat, play, link, screens, ask } = shown;
  const say = (...words: string[]) => ask({ kind: 'say', words });
  return (
    <article class="workshop">
      <div class="side">
        <Step {...shown} />
        <Folded title={`All of it: ${count(play)} of ${play.items.length} done`}>
          <Items play={play} />
        </Folded>
        <Folded title="The lab as a picture">
          <LabPicture
            layout={seat.picture}
            tapped={[]}
            canOpen={(place) => seat.places.includes(place)}
            onPlace={(place) => say('on', place)}
            onTap={() => {}}
          />
        </Folded>
        <Folded title="To go on in another tab">
          <label>
            Your own link, which is your terminal: keep it for yourself <input readOnly value={link} />
          </label>
        </Folded>
      </div>
      <section class="desk" aria-label="Terminal">
        <fieldset class="buttons" disabled={play.isBusy}>
          <legend class="unseen">Shells</legend>
          {seat.places.map((place) => (
            <button key={place} type="button" aria-pressed={place === play.place} onClick={() => say('on', place)}>
              {place}
            </button>
          ))}
          <span class="how">{LEAVING} leaves the terminal</span>
        </fieldset>
        <Screen id={TERMINAL} screens={screens} />
      </section>
    </article>
  );
};

const count = ({ items }: PlayFacts) => items.filter(({ verdict }) => verdict !== 'open').length;

/** The item that is under way, and what can be said of it. */
const Step = ({ seat, play, ask, onAnswer }: Shown) => {
  const item = play.items[play.at - 1]!;
  const say = (...words: string[]) => ask({ kind: 'say', words });
  const { right, of } = play.predictions;
  const words = ['check', 'hint', 'solve', 'next', 'skip', 'reset', 'notes', 'break'];
  return (
    <section class="task" aria-label="What is to be done">
      <p class="how">
        {item.chapter}, {play.at} of {play.items.length}. Hints: {play.hints}. Predicted: {right} of {of}.
        {play.upTo < play.items.length && ` Open up to ${play.upTo}.`}
      </p>
      <h2>
        {item.verdict !== 'open' && <Sign verdict={item.verdict} />} {item.title}
      </h2>
      <pre class="todo">{play.text.join('\n')}</pre>
      {play.failure && (
        <p class="banner failed" role="alert">
          There is no lab: {play.failure}
        </p>
      )}
      {play.question ? (
        <div class="banner buttons" role="alert">
          <p>{play.question}</p>
          <button type="button" onClick={() => onAnswer(true)}>
            Yes
          </button>
          <button type="button" onClick={() => onAnswer(false)}>
            No
          </button>
        </div>
      ) : (
        <div class="buttons">
          {words.map((word) => (
            <button key={word} type="button" class={word === 'check' ? 'main' : ''} onClick={() => say(word)}>
              {word}
            </button>
          ))}
        </div>
      )}
      {play.canPredict && item.verdict === 'open' && <Predict points={seat.points} say={say} />}
      {play.ask && <Answer question={play.ask} say={say} />}
      <p class="how" role="status">
        {play.isBusy && !play.question ? 'Please wait …' : ''}
      </p>
      {play.said.lines.length > 0 && (
        <pre class={`said ${play.said.passed ? 'passed' : ''}`} aria-live="polite">
          {play.said.lines.join('\n')}
        </pre>
      )}
      <div class="buttons">
        <button
          type="button"
          aria-pressed={play.needsHelp}
          onClick={() => ask({ kind: 'help', needed: !play.needsHelp })}
        >
          I need help
        </button>
      </div>
    </section>
  );
};

/** Everything there is to do, and how each ended. */
const Items = ({ play }: { play: PlayFacts }) => (
  <ol class="items">
    {play.items.map(({ number, title, chapter, verdict }, i) => (
      <li key={number} {...(number === play.at && { 'aria-current': 'step' })}>
        {play.items[i - 1]?.chapter === chapter ? '' : <b class="chapter">{chapter}</b>}
        <Sign verdict={verdict} /> {number} {title}
        {number > play.upTo && <span class="how"> not open yet</span>}
      </li>
    ))}
  </ol>
);
