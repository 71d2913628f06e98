import type { Ended, ItemFacts, PlayFacts, Row } from '../page/class/messages.ts';
import type { Plan } from '../plan/plan.ts';
import type { Game } from '../workshop/game.ts';
import type { Item } from '../workshop/items.ts';
import { chapterName, titleOf } from '../workshop/screen.ts';
import type { Session } from '../workshop/tty.ts';

/** What a page is told of an item; of a fault what is wrong, too. */
export const itemFacts = ({ number, chapter, title }: Item): ItemFacts => ({
  number,
  chapter: chapterName(chapter),
  title,
});

/** What is known of a workshop besides the game. */
type Besides = Pick<PlayFacts, 'said' | 'place' | 'upTo' | 'isReady' | 'needsHelp' | 'watchers' | 'failure'>;

/** How a workshop stands, for the attendee's page: nothing that gives a fault away. */
export function playFacts({ game, isBusy, question }: Session, besides: Besides): PlayFacts {
  const { progress, items } = game;
  const item = game.item();
  const { verdict } = game.entry();
  const asked = question();
  return {
    kind: 'play',
    ...besides,
    items: items.map((each) => ({
      ...itemFacts(each),
      title: titleOf(game, each),
      verdict: game.entry(each).verdict,
    })),
    at: item.number,
    text: [...game.text()],
    hints: items.reduce((sum, each) => sum + game.entry(each).hints, 0),
    predictions: progress.predictions,
    canPredict: besides.isReady && game.play().predict !== undefined,
    ...(item.ask && verdict !== 'open' && { ask: item.ask.question }),
    ...(asked !== undefined && { question: asked }),
    isBusy: isBusy(),
  };
}

const endedOf = (game: Game, item: Item): Ended => ({ ...game.entry(item) });

/** How an attendee is getting on, for the teacher's page. */
export const rowOf = (game: Game, who: Pick<Row, 'seat' | 'name' | 'isThere'>): Row => ({
  ...who,
  at: game.item().number,
  ended: game.items.map((item) => endedOf(game, item)),
  predictions: game.progress.predictions,
});

/** The interfaces at which a lab's packets may be seen, as an attendee would name them. */
export function pointsOf({ links, walks }: Pick<Plan, 'links' | 'walks'>): string[] {
  const ends = links.flatMap((link) => link.ends.map((end) => `${end.place}:${end.interface}`));
  const hops = walks.flatMap((walk) =>
    walk.hops.flatMap((hop) => (hop.kind === 'point' ? [`${hop.place}:${hop.device}`] : [])),
  );
  return [...new Set([...ends, ...hops])].sort();
}
