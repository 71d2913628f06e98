import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ItemFacts } from './messages.ts';

type Say = (...words: string[]) => void;

/** A line of a form with one field. */
const Field = ({
  label,
  button,
  list,
  onSay,
}: {
  label: string;
  button: string;
  list?: readonly string[];
  onSay(text: string): void;
}) => {
  const [text, setText] = useState('');
  const id = `list-${button}`;
  return (
    <form
      class="buttons"
      onSubmit={(event) => {
        event.preventDefault();
        onSay(text);
        setText('');
      }}
    >
      <label>
        {label}{' '}
        <input
          type="text"
          required
          maxLength={300}
          autocomplete="off"
          value={text}
          {...(list && { list: id })}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {list && (
        <datalist id={id}>
          {list.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      <button type="submit">{button}</button>
    </form>
  );
};

/** What an attendee expects, before it is shown. */
export const Predict = ({ points, say }: { points: readonly string[]; say: Say }) => (
  <Field label="Where? PLACE:INTERFACE" button="predict" list={points} onSay={(text) => say('predict', text)} />
);

/** A question that is asked once something is done. */
export const Answer = ({ question, say }: { question: string; say: Say }) => (
  <Field label={question} button="answer" onSay={(text) => say('answer', text)} />
);

/** A sentence to all. */
export const ToAll = ({ onTell }: { onTell(text: string): void }) => (
  <Field label="To all" button="say it" onSay={onTell} />
);

/** How far all may go. */
export const OpenUpTo = ({
  items,
  upTo,
  onOpen,
}: {
  items: readonly ItemFacts[];
  upTo: number;
  onOpen(upTo: number): void;
}) => (
  <p class="buttons">
    <label>
      Open up to{' '}
      <select value={upTo} onChange={({ currentTarget }) => onOpen(Number(currentTarget.value))}>
        {items.map(({ number, chapter, title }) => (
          <option key={number} value={number}>
            {number === items.length ? `${number}: all` : `${number}: ${chapter}, ${title}`}
          </option>
        ))}
      </select>
    </label>
  </p>
);

/** Sends somebody away, once that was asked for and confirmed. */
export const SendAway = ({ name, onSendAway }: { name: string; onSendAway(): void }) => {
  const [isAsked, ask] = useState(false);
  const no = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => no.current?.focus(), [isAsked]);
  if (!isAsked)
    return (
      <button type="button" aria-label={`Send away: ${name}`} onClick={() => ask(true)}>
        Send away
      </button>
    );
  return (
    <>
      <span role="alert">{name}’s lab ends. Send away?</span>
      <button type="button" onClick={onSendAway}>
        Yes
      </button>
      <button type="button" ref={no} onClick={() => ask(false)}>
        No
      </button>
    </>
  );
};
