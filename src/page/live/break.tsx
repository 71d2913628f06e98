import { Folded, Verdict } from '../parts.tsx';
import { hashOf } from '../route.ts';
import type { FromPage } from './messages.ts';
import type { LiveState } from './state.ts';

/** Something is broken unseen, hinted at and mended, or every fault drilled. */
export const Broken = ({ state, ask }: { state: LiveState; ask(message: FromPage): void }) => {
  const faults = state.lab!.facts.faults;
  const { drills } = state.run.document;
  if (!faults.length) return null;
  return (
    <>
      <h3>Break and mend</h3>
      <div class="buttons">
        {state.broken ? (
          <>
            <p class="banner" role="status">
              Something is broken. Find out what: walk, tap, look around on the nodes.
              {state.hint && (
                <>
                  <br />
                  <b>Hint:</b> {state.hint}
                </>
              )}
            </p>
            <button type="button" onClick={() => ask({ kind: 'hint' })} disabled={state.hint !== undefined}>
              Hint
            </button>
            <button type="button" class="main" onClick={() => ask({ kind: 'mend' })}>
              Mend it, and say what it was
            </button>
          </>
        ) : (
          <>
            {state.mended && (
              <p class="banner passed" role="status">
                It was: <b>{state.mended}</b>. It is mended.
              </p>
            )}
            <button type="button" onClick={() => ask({ kind: 'break' })}>
              Break something, unseen
            </button>
          </>
        )}
      </div>
      {!state.broken && (
        <Folded title={`Drills: each is broken, walked and mended (${faults.length})`}>
          <ul class="rows doing">
            {faults.map(({ fault }) => {
              const item = drills.findIndex((each) => each.fault === fault);
              const drill = drills[item];
              return (
                <li key={fault}>
                  {drill ? (
                    <a href={hashOf({ view: 'drill', item })}>
                      <Verdict of={drill.verdict} bare /> <span>{fault}</span>
                      <span class="how">{drill.healed ? 'healed' : 'not healed'}</span>
                    </a>
                  ) : (
                    <span class="waiting">
                      <span aria-hidden="true">·</span> <span>{fault}</span>
                    </span>
                  )}
                  <button type="button" aria-label={`Drill: ${fault}`} onClick={() => ask({ kind: 'drill', fault })}>
                    Drill
                  </button>
                </li>
              );
            })}
          </ul>
        </Folded>
      )}
    </>
  );
};
