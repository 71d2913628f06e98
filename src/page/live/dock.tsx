import { useEffect, useRef } from 'preact/hooks';
import { Scroll } from '../parts.tsx';
import { LEAVING, type Screens } from './screens.ts';
import type { LiveState } from './state.ts';

/** What the dock shows: a terminal by its id, or what passes the tap. */
export type Docked = number | 'tap';

interface Shown {
  state: LiveState;
  screens: Screens;
  docked: Docked | undefined;
  tapped: readonly string[];
  onDock(docked: Docked): void;
  onClose(docked: Docked): void;
}

/** Terminals and the tap, below whatever else is shown. */
export const Dock = ({ state, screens, docked, tapped, onDock, onClose }: Shown) => {
  const { terminals } = state;
  const shown = docked === 'tap' ? tapped.length > 0 : terminals.some(({ id }) => id === docked);
  if (!terminals.length && !tapped.length) return null;
  const tab = (is: Docked, text: string) => (
    <span class="docked" key={is}>
      <button type="button" aria-pressed={docked === is} onClick={() => onDock(is)} data-docked={is}>
        {text}
      </button>
      <button type="button" aria-label={`Close ${text}`} title="Close" onClick={() => onClose(is)}>
        ×
      </button>
    </span>
  );
  return (
    <section class="dock" aria-label="Terminals and the tap">
      <fieldset class="tabs" aria-label="What is shown here">
        {terminals.map(({ id, place }) => tab(id, `${place}${again(state, id, place)}`))}
        {tapped.length > 0 && tab('tap', `tap ${tapped.join(' ')}`)}
        <span class="how">{typeof docked === 'number' && shown ? `${LEAVING} leaves the terminal` : ''}</span>
      </fieldset>
      {shown && (docked === 'tap' ? <Tap state={state} tapped={tapped} /> : <Screen id={docked!} screens={screens} />)}
    </section>
  );
};

/** Of several terminals at a place, which one it is. */
function again({ terminals }: LiveState, id: number, place: string): string {
  const index = terminals.filter((each) => each.place === place).findIndex((each) => each.id === id);
  return index ? ` ${index + 1}` : '';
}

/** A terminal, as large as its frame. */
export const Screen = ({ id, screens }: { id: number; screens: Screens }) => {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!frame.current) return;
    screens.show(id, frame.current);
    screens.focus(id);
    screens.tellSize(id);
    frame.current.scrollIntoView({ block: 'nearest' });
    const observer = new ResizeObserver(() => screens.fit(id));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [id]);
  return <div class="terminal-frame" ref={frame} />;
};

const clock = (time: string) => {
  const ms = Number(BigInt(time) / 1_000_000n);
  return `${new Date(ms).toLocaleTimeString('en-GB')}.${String(ms % 1000).padStart(3, '0')}`;
};

const Tap = ({ state: { packets, missed }, tapped }: { state: LiveState; tapped: readonly string[] }) => {
  const end = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    const list = end.current?.closest('.scroll');
    if (list) list.scrollTop = list.scrollHeight;
  }, [packets]);
  return (
    <Scroll label={`Packets at ${tapped.join(' and ')}`}>
      <table class="tapped">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Where</th>
            <th scope="col">Packet</th>
            <th scope="col">Bytes</th>
          </tr>
        </thead>
        <tbody>
          {packets.map(({ time, at, direction, brief, length }, i) => (
            <tr key={`${time} ${at} ${direction}`} ref={i === packets.length - 1 ? end : null}>
              <td class="mono">{clock(time)}</td>
              <td class="mono">
                {at} {direction}
              </td>
              <td>{brief}</td>
              <td class="mono">{length}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="how" aria-live="polite">
        {packets.length ? '' : 'No packet has passed yet.'}
        {missed ? `${missed} more passed too quickly to be listed.` : ''}
      </p>
    </Scroll>
  );
};
