import { useState } from 'preact/hooks';
import { type DoorFacts, type FromPage, MOST_OF_NAME } from './messages.ts';

/** What who has the link of a class sees before joining. */
export const Join = ({ door: { title, free }, ask }: { door: DoorFacts; ask(message: FromPage): void }) => {
  const [name, setName] = useState('');
  return (
    <article>
      <h2>{title}</h2>
      <p>
        You get a lab of your own, with a real shell on each of its nodes, and are guided through it. Whoever holds the
        class sees how far you are.
      </p>
      <form
        class="buttons"
        onSubmit={(event) => {
          event.preventDefault();
          ask({ kind: 'join', name });
        }}
      >
        <label>
          Your name{' '}
          <input
            required
            maxLength={MOST_OF_NAME}
            autocomplete="off"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <button type="submit" class="main" disabled={!free}>
          Join
        </button>
        <span class="how" role="status">
          {free
            ? `${free} ${free === 1 ? 'seat is' : 'seats are'} free`
            : 'All seats are taken: ask whoever holds the class'}
        </span>
      </form>
    </article>
  );
};
