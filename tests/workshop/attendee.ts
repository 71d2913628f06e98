import type { Lab } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import type { Turn } from '../../src/workshop/act.ts';
import { emptyProgress } from '../../src/workshop/progress.ts';
import { session } from '../../src/workshop/session.ts';

/** An attendee at a workshop: types, waits for what is printed, and for what came of a prompt. */
export async function attend(lab: Lab, first = 0) {
  let screen = '';
  let read = 0;
  const looks = new Set<() => void>();
  const turns: Turn[] = [];
  const shown = session(
    { plan: plan(lab, 'attended'), start: startNetns, progress: emptyProgress('attended'), keep: () => {} },
    {
      write(bytes) {
        screen += bytes.toString();
        for (const look of looks) look();
      },
      size: () => ({ rows: 30, columns: 100 }),
    },
    (turn) => {
      turns.push(turn);
      for (const look of looks) look();
    },
  );
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      look();
    });
  const prints = async (text: string) => {
    await until(() => screen.indexOf(text, read) >= 0);
    read = screen.indexOf(text, read) + text.length;
  };
  const type = (text: string) => shown.type(Buffer.from(text));
  /** Types a line, and waits for what comes of its prompt. */
  const line = async (text: string) => {
    const before = turns.length;
    type(`${text}\n`);
    await until(() => turns.length > before);
    return turns[before]!;
  };
  await shown.begin(shown.game.items[first]!);
  return {
    ...shown,
    prints,
    until,
    type,
    line,
    screen: () => screen,
    turns,
    [Symbol.asyncDispose]: shown[Symbol.asyncDispose],
  };
}
