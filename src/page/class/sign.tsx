import type { Ended } from './messages.ts';

const signs: Record<Ended['verdict'], [sign: string, word: string]> = {
  passed: ['✓', 'done'],
  solved: ['~', 'solved'],
  skipped: ['-', 'skipped'],
  open: ['·', 'open'],
};

/** How an item ended, as a sign and a word. */
export const Sign = ({ verdict }: { verdict: Ended['verdict'] }) => {
  const [sign, word] = signs[verdict];
  return (
    <span class={verdict === 'passed' ? 'good' : 'open'}>
      <span aria-hidden="true">{sign}</span>
      <span class="unseen">{word}:</span>
    </span>
  );
};
