import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { App } from '../app.tsx';
import { download, fileName } from '../download.ts';
import { type Connection, connect, type Link, linkText } from './connection.ts';
import { Dock, type Docked } from './dock.tsx';
import { Lab } from './lab.tsx';
import type { FromPage, ToPage } from './messages.ts';
import { Screens } from './screens.ts';
import { after, type LiveState, nothingYet, pageOf } from './state.ts';

type Change = ToPage | { kind: 'tapped' } | { kind: 'asked' };

/** Whoever asks for something new has read what was said of the last; a new tap begins with an empty list. */
function changed(state: LiveState, change: Change): LiveState {
  if (change.kind === 'tapped') return { ...state, packets: [], missed: 0 };
  if (change.kind === 'asked') return { ...state, problem: undefined };
  return after(state, change);
}

/** The page of a lab that is open: the views of a report, fed as things happen, with terminals and a tap. */
export const LiveApp = ({ token }: { token: string }) => {
  const [state, change] = useReducer(changed, nothingYet);
  const [link, setLink] = useState<Link>({ is: 'connecting' });
  const [docked, dock] = useState<Docked | undefined>();
  const [tapped, setTapped] = useState<readonly string[]>([]);
  const known = useRef({ state, tapped });
  known.current = { state, tapped };
  const connection = useRef<Connection<FromPage> | undefined>(undefined);
  const screens = useMemo(
    () =>
      new Screens({
        type: (id, keys) => connection.current?.type(id, keys),
        resize: (id, rows, columns) => connection.current?.send({ kind: 'resize', id, rows, columns }),
        shown: (id, bytes) => connection.current?.send({ kind: 'ack', id, bytes }),
        leave: () => document.querySelector<HTMLElement>('.dock [aria-pressed=true]')?.focus(),
      }),
    [],
  );
  useEffect(() => {
    connection.current = connect<FromPage, ToPage>({
      link: setLink,
      bytes: (id, bytes) => screens.write(id, bytes),
      hello() {
        const { lab, last } = known.current.state;
        return { kind: 'hello', token, opening: lab?.opening ?? '', since: last };
      },
      message(message) {
        if (message.kind === 'lab') {
          screens.begin();
          if (message.role === 'owner' && known.current.tapped.length)
            connection.current?.send({ kind: 'tap', points: [...known.current.tapped] });
        }
        if (message.kind === 'report') save(known.current.state, message.html);
        if (message.kind === 'terminals') screens.keep(message.list.map(({ id }) => id));
        change(message);
      },
    });
  }, [token]);

  // A terminal that is new is what was asked for; where the one that is shown has ended, another one is.
  const ids = state.terminals.map(({ id }) => id);
  const before = useRef<number[]>([]);
  useEffect(() => {
    const [added] = ids.filter((id) => !before.current.includes(id));
    before.current = ids;
    if (added !== undefined) dock(added);
    else if (typeof docked === 'number' && !ids.includes(docked))
      dock(ids.at(-1) ?? (tapped.length ? 'tap' : undefined));
  }, [ids.join()]);

  const ask = (message: FromPage) => {
    change({ kind: 'asked' });
    connection.current?.send(message);
  };
  const tap = (points: readonly string[]) => {
    setTapped(points);
    change({ kind: 'tapped' });
    ask({ kind: 'tap', points: [...points] });
    if (points.length) dock('tap');
    else dock(ids.at(-1));
  };
  const shown = {
    ...{ state, tapped, ask },
    onPlace: (place: string) => ask({ kind: 'terminal', place, rows: 24, columns: 80 }),
    onTap: tap,
  };
  const isOwner = state.lab?.role === 'owner';
  return (
    <App
      data={pageOf(state)}
      live={{
        home: <Lab {...shown} />,
        status: <Status state={state} link={link} ask={ask} />,
        isGuessing: state.broken,
        tools: (name) =>
          isOwner && state.lab?.walks.includes(name) ? (
            <button type="button" onClick={() => ask({ kind: 'walk', name })}>
              Walk it again
            </button>
          ) : null,
        dock: (
          <Dock
            {...{ state, screens, docked, tapped }}
            onDock={dock}
            onClose={(which) => (which === 'tap' ? tap([]) : ask({ kind: 'close', id: which }))}
          />
        ),
      }}
    />
  );
};

function save({ lab }: LiveState, html: string): void {
  download(fileName(lab?.name ?? 'lab', 'html'), new TextEncoder().encode(html));
}

/** How the page stands with its lab, what is under way, and what could not be done. */
const Status = ({ state, link, ask }: { state: LiveState; link: Link; ask(message: FromPage): void }) => (
  <div class="status">
    <p aria-live="polite">
      {linkText(link)} {link.is === 'open' && (state.work ? `Under way: ${state.work}` : 'Nothing is under way.')}
      {state.lab?.role === 'watcher' && ' You watch: this link changes nothing.'}
    </p>
    {state.lab?.role === 'owner' && (
      <button type="button" onClick={() => ask({ kind: 'report' })}>
        Save report
      </button>
    )}
    {state.lost && (
      <p class="banner failed" role="alert">
        The lab has ended: {state.lost}. End the command that opened it with Ctrl-C, and open it again.
      </p>
    )}
    {state.problem && (
      <p class="banner failed" role="alert">
        {state.problem}
      </p>
    )}
  </div>
);
