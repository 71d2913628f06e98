import type { WalkResult } from '../judge/result.ts';
import { causeTexts, whyTexts } from '../report/causes.ts';
import { wrongPlaces } from '../report/strays.ts';
import { Folded, Output } from './parts.tsx';

/** Why a walk failed: the likeliest cause, how to mend it, what to read. */
export const Causes = ({ walk }: { walk: WalkResult }) => {
  const texts = causeTexts(walk);
  if (!texts.length) return walk.reason ? <p class="cause">{walk.reason}</p> : null;
  return (
    <dl class="cause">
      {texts.map(({ word, text }) => (
        <div key={text}>
          <dt>{word}</dt>
          <dd>{word === 'Mend it' ? <code>{text}</code> : text}</dd>
        </div>
      ))}
    </dl>
  );
};

/** The reasons in full: sentences, and commands with what they printed. */
export const Why = ({ walk, open }: { walk: WalkResult; open?: boolean }) => {
  const texts = whyTexts(walk);
  if (!texts.length) return null;
  return (
    <Folded title={`Why: what was looked at (${texts.length})`} open={open ?? false}>
      {texts.map((text) => {
        const [first = '', ...rest] = text.split('\n');
        return rest.length ? (
          <div class="asked" key={text}>
            <code class="command">{first}</code>
            <Output text={rest.join('\n')} label={`what ${first.slice(0, 60)} printed`} />
          </div>
        ) : (
          <p key={text}>{text}</p>
        );
      })}
    </Folded>
  );
};

/** Where the packet was that it should not be, and what was seen that does not count. */
export const Besides = ({ walk }: { walk: WalkResult }) => {
  const wrong = wrongPlaces(walk);
  return (
    <>
      {wrong.length > 0 && (
        <ul class="strays">
          {wrong.map((text) => (
            <li key={text}>
              <span class="bad" aria-hidden="true">
                ✗
              </span>{' '}
              {text}
            </li>
          ))}
        </ul>
      )}
      {walk.notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
    </>
  );
};
