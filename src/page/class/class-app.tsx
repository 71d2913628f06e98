import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { download, fileName } from '../download.ts';
import { type Connection, connect, keepToken, type Link, linkText } from '../live/connection.ts';
import { Screens } from '../live/screens.ts';
import { turnTheme } from '../theme.ts';
import { Attendee } from './attendee.tsx';
import { Join } from './join.tsx';
import { type FromPage, TERMINAL, type ToPage } from './messages.ts';
import { after, type ClassState, nothingYet } from './state.ts';
import { Teacher } from './teacher.tsx';

/** The page of a class: for who joins, who takes part, and who teaches. */
export const ClassApp = ({ token }: { token: string }) => {
  const [state, change] = useReducer(after, nothingYet);
  const [link, setLink] = useState<Link>({ is: 'connecting' });
  const connection = useRef<Connection<FromPage> | undefined>(undefined);
  const own = useRef(token);
  const watching = useRef(0);
  const screens = useMemo(
    () =>
      new Screens({
        type: (id, keys) => connection.current?.type(id, keys),
        resize: (id, rows, columns) => connection.current?.send({ kind: 'resize', id, rows, columns }),
        shown: (id, bytes) => connection.current?.send({ kind: 'ack', id, bytes }),
        leave: () => document.querySelector<HTMLElement>('.task .main, .task button')?.focus(),
      }),
    [],
  );
  const watched = useMemo(() => new Screens(), []);
  useEffect(() => {
    let isTeacher = false;
    connection.current = connect<FromPage, ToPage>({
      link: setLink,
      bytes: (id, bytes) => (isTeacher ? watched : screens).write(id, bytes),
      hello: () => ({ kind: 'hello', token: own.current }),
      message(message) {
        if (message.kind === 'class') isTeacher = true;
        if (message.kind === 'class' && watching.current)
          connection.current?.send({ kind: 'watch', seat: watching.current });
        if (message.kind === 'watching') watching.current = message.seat;
        if (message.kind === 'watching' && message.seat) watched.size(TERMINAL, message.rows, message.columns);
        if (message.kind === 'seat') screens.begin();
        if (message.kind === 'seat' && message.token) {
          own.current = message.token;
          keepToken(message.token);
        }
        if (message.kind === 'results') save(message.form, message.text);
        change(message);
      },
    });
  }, []);
  const ask = (message: FromPage) => {
    change({ kind: 'asked' });
    connection.current?.send(message);
  };
  const answer = (isYes: boolean) => {
    connection.current?.type(TERMINAL, new TextEncoder().encode(isYes ? 'y' : 'n'));
    screens.focus(TERMINAL);
  };
  const { seat, play, door } = state;
  return (
    <>
      <header class="top">
        <h1>{seat?.name ? `Workshop of ${seat.name}` : state.class ? 'Class' : 'Workshop'}</h1>
        <span class="switches">
          <button type="button" onClick={turnTheme}>
            Theme
          </button>
        </span>
      </header>
      <Status {...{ state, link }} />
      <main id="content">
        {state.class ? (
          <Teacher {...{ state, ask, screens: watched }} />
        ) : seat && play ? (
          <Attendee {...{ seat, play, screens, ask }} link={`${location.origin}/#${own.current}`} onAnswer={answer} />
        ) : door ? (
          <Join {...{ door, ask }} />
        ) : (
          link.is !== 'refused' && <p>Please wait …</p>
        )}
      </main>
    </>
  );
};

function save(form: string, text: string): void {
  download(fileName('class', form), new TextEncoder().encode(text));
}

/** How the page stands with its server, who watches, and what was said. */
const Status = ({ state: { problem, told, play }, link }: { state: ClassState; link: Link }) => (
  <section class="status" aria-label="Status">
    <p aria-live="polite">{linkText(link)}</p>
    {play && play.watchers > 0 && (
      <p class="banner" role="status">
        ● Your terminal is being watched by whoever holds the class.
      </p>
    )}
    {told && (
      <p class="banner" role="status">
        To all: <b>{told}</b>
      </p>
    )}
    {problem && (
      <p class="banner failed" role="alert">
        {problem}
      </p>
    )}
  </section>
);
