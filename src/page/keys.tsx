import { useEffect } from 'preact/hooks';

/** What a key does, and how that is told. */
export interface Key {
  keys: string[];
  does: string;
  act(): void;
}

/** Has keys act while they are on; not while a text is typed, and not with another key held. */
export function useKeys(list: Key[], areOn: boolean): void {
  useEffect(() => {
    if (!areOn) return;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.closest('input, select, textarea, dialog') && event.key !== 'Escape') return;
      if (event.key === ' ' && target.closest('button, summary, a')) return;
      if (event.key.startsWith('Arrow') && target.closest('.scroll, .output')) return;
      const key = list.find(({ keys }) => keys.includes(event.key));
      if (!key) return;
      event.preventDefault();
      key.act();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  });
}

const written: Record<string, string> = { ArrowRight: '→', ArrowLeft: '←', ' ': 'space' };

/** What each key does, and a switch that turns them off. */
export const Help = ({ list, areOn, onOn }: { list: Key[]; areOn: boolean; onOn(areOn: boolean): void }) => (
  <dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl class="keys">
      {list.map(({ keys, does }) => (
        <div key={does}>
          <dt>
            {keys.map((key) => (
              <kbd key={key}>{written[key] ?? key}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
    <label>
      <input type="checkbox" checked={areOn} onChange={(event) => onOn(event.currentTarget.checked)} /> keys are on
    </label>
    <form method="dialog">
      <button type="submit">Close</button>
    </form>
  </dialog>
);
