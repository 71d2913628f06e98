import { useState } from 'preact/hooks';

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
