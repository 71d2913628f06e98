import { useEffect, useState } from 'preact/hooks';
import type { WalkResult } from '../judge/result.ts';
import { partsOf } from '../lab/part.ts';
import { hopText, partName, signOf } from './words.ts';

const STEP_MS = 1100;

const icons = {
  first: 'M3 3h2v10H3z M13 3v10L6 8z',
  back: 'M11 3v10L4 8z',
  play: 'M4 2v12l9-6z',
  pause: 'M4 3h3v10H4z M9 3h3v10H9z',
  forward: 'M5 3v10l7-5z',
  last: 'M11 3h2v10h-2z M3 3v10l7-5z',
};

const Icon = ({ is }: { is: keyof typeof icons }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={icons[is]} />
  </svg>
);

/** Buttons and a slider that go from hop to hop; each hop is a tick, those of a part stand together. */
export const Player = ({
  walk,
  hop,
  onHop,
  playing,
  onPlaying,
}: {
  walk: WalkResult;
  hop: number;
  onHop(hop: number): void;
  playing: boolean;
  onPlaying(playing: boolean): void;
}) => {
  const last = walk.hops.length - 1;
  const [speed, setSpeed] = useState(1);
  useEffect(() => {
    if (!playing) return;
    if (hop >= last) return onPlaying(false);
    const timer = setTimeout(() => onHop(hop + 1), STEP_MS / speed);
    return () => clearTimeout(timer);
  }, [playing, hop, last, speed]);
  const now = walk.hops[hop];
  const text = now ? `hop ${hop + 1} of ${last + 1}, ${hopText(now, walk)}, ${signOf(now.fate).word}` : '';
  return (
    <fieldset class="player" aria-label="Walk player">
      <button type="button" onClick={() => onHop(0)} disabled={hop <= 0} aria-label="First hop">
        <Icon is="first" />
      </button>
      <button type="button" onClick={() => onHop(hop - 1)} disabled={hop <= 0} aria-label="Hop before">
        <Icon is="back" />
      </button>
      <button
        type="button"
        class="main"
        onClick={() => {
          if (hop >= last) onHop(0);
          onPlaying(!playing);
        }}
        aria-label={playing ? 'Pause' : 'Play'}
      >
        <Icon is={playing ? 'pause' : 'play'} />
      </button>
      <button type="button" onClick={() => onHop(hop + 1)} disabled={hop >= last} aria-label="Next hop">
        <Icon is="forward" />
      </button>
      <button type="button" onClick={() => onHop(last)} disabled={hop >= last} aria-label="Last hop">
        <Icon is="last" />
      </button>
      <div class="slider">
        <input
          type="range"
          min="1"
          max={last + 1}
          value={hop + 1}
          aria-label="Hop"
          aria-valuetext={text}
          onInput={(event) => onHop(Number(event.currentTarget.value) - 1)}
        />
        <div class="ticks" aria-hidden="true">
          {walk.hops.map((each, i) => (
            <span
              key={i}
              class={`${signOf(each.fate).tone} ${i === hop ? 'now' : ''} ${i && walk.hops[i - 1]!.part !== each.part ? 'begins' : ''}`}
            />
          ))}
        </div>
        <div class="parts" aria-hidden="true">
          {partsOf(walk.hops).map((part) => (
            <span key={part} style={{ flexGrow: walk.hops.filter((each) => each.part === part).length }}>
              {partName(part, walk)}
            </span>
          ))}
        </div>
      </div>
      <label class="speed">
        <span class="unseen">Speed</span>
        <select value={speed} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
          {[0.5, 1, 2].map((each) => (
            <option key={each} value={each}>
              {each}×
            </option>
          ))}
        </select>
      </label>
      <p class="unseen" aria-live="polite">
        {text}
      </p>
    </fieldset>
  );
};
