import { useState } from 'preact/hooks';
import { duration } from '../../report/duration.ts';
import { Folded, Verdict } from '../parts.tsx';
import { hashOf } from '../route.ts';
import { firstHop, outcomeText } from '../words.ts';
import { Broken } from './break.tsx';
import { LabPicture } from './lab-picture.tsx';
import type { FromPage } from './messages.ts';
import type { LiveState } from './state.ts';

interface Shown {
  state: LiveState;
  tapped: readonly string[];
  ask(message: FromPage): void;
  onPlace(place: string): void;
  onTap(points: readonly string[]): void;
}

/** The lab itself: its picture, and what can be done with it. */
export const Lab = (shown: Shown) => {
  const { lab, run } = shown.state;
  if (!lab) return <p>Please wait: the lab is on its way …</p>;
  const isOwner = lab.role === 'owner';
  return (
    <article class="lab">
      <header>
        <h2>{lab.title}</h2>
        {run.lab?.about && (
          <Folded title="About this lab">
            <p class="about">{run.lab.about}</p>
          </Folded>
        )}
      </header>
      <div class="columns">
        <div>
          <LabPicture
            layout={lab.picture}
            tapped={shown.tapped}
            canOpen={(place) => isOwner && lab.places.includes(place)}
            onPlace={shown.onPlace}
            onTap={isOwner ? shown.onTap : () => {}}
          />
          {isOwner && <Look {...shown} />}
        </div>
        <div>
          <Steps {...shown} />
          <Walking {...shown} />
          {isOwner && <Broken {...shown} />}
        </div>
      </div>
    </article>
  );
};

/** Terminals and the tap, for the keyboard as well. */
const Look = ({ state: { lab, points }, onPlace, onTap }: Shown) => {
  const cables = lab!.picture.cables.map(({ ends }) => ends.join(' -- '));
  const [chosen, choose] = useState(cables[0] ?? points[0] ?? '');
  return (
    <>
      <fieldset class="buttons">
        <legend>Open a terminal on</legend>
        {lab!.places.map((place) => (
          <button type="button" key={place} onClick={() => onPlace(place)}>
            {place}
          </button>
        ))}
      </fieldset>
      <form
        class="buttons"
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen) onTap(chosen.split(' -- '));
        }}
      >
        <label>
          Tap{' '}
          <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
            <optgroup label="Cables">
              {cables.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </optgroup>
            <optgroup label="Interfaces">
              {points.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </optgroup>
          </select>
        </label>
        <button type="submit">Listen</button>
        <span class="how">or click a place, a cable or an interface in the picture</span>
      </form>
    </>
  );
};

const Steps = ({ state: { run, lab } }: Shown) => {
  const { steps } = run.document;
  const failed = steps.find(({ verdict }) => verdict !== 'passed');
  const all = lab!.facts.steps.length;
  if (!steps.length || (steps.length === all && !failed)) return null;
  return (
    <p class={`banner ${failed ? 'failed' : ''}`} role="status">
      {failed ? `The step '${failed.title}' failed: ` : `Set-up: ${steps.length} of ${all} steps. `}
      {failed && <a href={hashOf({ view: 'setup' })}>see why</a>}
    </p>
  );
};

const Walking = ({ state, ask }: Shown) => {
  const { lab, run } = state;
  const [from, setFrom] = useState(lab!.senders[0] ?? '');
  const [to, setTo] = useState('');
  const { walks } = run.document;
  const isOwner = lab!.role === 'owner';
  const names = [...new Set([...lab!.walks, ...walks.map(({ name }) => name)])];
  return (
    <>
      <h3>Walks</h3>
      <ul class="rows doing">
        {names.map((name) => {
          const item = walks.findIndex((walk) => walk.name === name);
          const walk = walks[item];
          return (
            <li key={name}>
              {walk ? (
                <a href={hashOf({ view: 'walk', item, hop: firstHop(walk) })}>
                  <Verdict of={walk.verdict} bare /> <span>{name}</span>
                  <span class="how">
                    {outcomeText(walk)}, {duration(walk.durationMs)}
                  </span>
                </a>
              ) : (
                <span class="waiting">
                  <span aria-hidden="true">·</span> <span>{name}</span>
                  <span class="how">{state.work === `walk ${name}` ? 'under way' : 'not walked yet'}</span>
                </span>
              )}
              {isOwner && lab!.walks.includes(name) && (
                <button type="button" aria-label={`Walk: ${name}`} onClick={() => ask({ kind: 'walk', name })}>
                  Walk
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {isOwner && (
        <form
          class="buttons"
          onSubmit={(event) => {
            event.preventDefault();
            ask({ kind: 'own walk', from, to });
          }}
        >
          <label>
            Ping from{' '}
            <select value={from} onChange={(event) => setFrom(event.currentTarget.value)}>
              {lab!.senders.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          <label>
            to{' '}
            <input
              list="destinations"
              required
              placeholder="place or address"
              value={to}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
          </label>
          <datalist id="destinations">
            {lab!.senders.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <button type="submit">Walk it</button>
          <button type="button" class="main" onClick={() => ask({ kind: 'prove' })}>
            Prove all again
          </button>
        </form>
      )}
    </>
  );
};
