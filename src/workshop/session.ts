import { dim } from 'yoctocolors';
import { BadUsage } from '../plan/usage.ts';
import { act, looked, opened, type Turn } from './act.ts';
import { game as begin, type Stage } from './game.ts';
import type { Mark } from './marks.ts';
import { questions } from './question.ts';
import { words as known, openShell, type Shell, typedLine } from './shell.ts';
import type { Stood } from './stood.ts';
import type { Session, Tty } from './tty.ts';

/** What is told of each prompt of the shell, once it has been dealt with: the word that was typed, if it was one. */
export type Turned = (turn: Turn & { word?: string }) => void;

/** Signals by which somebody else ends a shell: SIGHUP, SIGKILL, SIGSEGV, SIGTERM. */
const KILLED = new Set([129, 137, 139, 143]);
/** Of a shell whose place is gone. */
const GONE = 255;

/** So much is kept of what a shell prints meanwhile, and so often may be typed ahead. */
const [MOST_HELD, MOST_AHEAD] = [1_000_000, 1000];
/** So many words may wait. */
const MOST_WAITING = 4;

/** How the line stands that a shell has: whether one is run, and what its prompt is. */
interface Line {
  isBegun: boolean;
  prompt: string;
}

/** Shows a workshop on a terminal. */
export function session(
  stage: Pick<Stage, 'plan' | 'start' | 'progress' | 'keep' | 'upTo' | 'reference'>,
  tty: Tty,
  turned: Turned = () => {},
): Session {
  let active: Shell | undefined;
  /** How many prompts are being dealt with, or wait for that; and whether one is just being printed. */
  let pending = 0;
  let isPrompting = false;
  let held = '';
  let isHeld = false;
  const ahead: Buffer[] = [];
  const lines = new WeakMap<Shell, Line>();
  let lastTold = '';
  let word: string[] | undefined;
  let queue: Promise<void> = Promise.resolve();
  const shells: Shell[] = [];
  let isLeft = false;
  let leave = () => {};
  const ended = new Promise<void>((resolve) => {
    leave = () => {
      isLeft = true;
      resolve();
    };
  });

  const write = (bytes: string) => tty.write(Buffer.from(bytes, 'latin1'));
  const takeHeld = (): string => {
    const text = held;
    held = '';
    return text;
  };
  const print = (lines: readonly string[]) => {
    for (const line of lines.flatMap((each) => each.split('\n'))) tty.write(Buffer.from(`${line}\r\n`));
  };

  const asked = questions(
    (text) => tty.write(Buffer.from(text)),
    () => tty.changed?.(),
  );

  const hear = (shell: () => Shell | undefined, line: Line) => (mark: Mark) => {
    // A prompt that is only printed anew, or after an empty line, is nothing to look at.
    const isNew = mark.kind === 'prompt' && line.isBegun;
    if (mark.kind === 'begun') line.isBegun = true;
    if (mark.kind === 'prompt') line.isBegun = false;
    if (shell() !== active) return;
    if (mark.kind === 'word') word = mark.words;
    if (mark.kind === 'text') {
      if (pending || isPrompting) held = `${held}${mark.text}`.slice(-MOST_HELD);
      else write(mark.text);
    }
    if (mark.kind === 'over') {
      // What was typed ahead has been run meanwhile: what it printed is shown when it is its turn.
      const printed = takeHeld();
      if (printed) queue = queue.then(() => write(printed));
      isPrompting = true;
    }
    if (mark.kind === 'prompt') {
      const typed = word;
      word = undefined;
      isPrompting = false;
      if (!isNew && !pending) write(takeHeld());
      if (!isNew) return;
      line.prompt = takeHeld();
      inTurn(() => (typed ? act(game, full, typed) : looked(game, false)), { typed: typed?.[0], prompt: line.prompt });
    }
  };

  const openAt = async (lab: Stood, place: string): Promise<Shell> => {
    let own: Shell | undefined;
    const line = { isBegun: false, prompt: `${place}# ` };
    own = await openShell(
      lab.runtime,
      place,
      tty.size(),
      hear(() => own, line),
    );
    const shell = own;
    shells.push(shell);
    lines.set(shell, line);
    if (isHeld) shell.hold(true);
    void shell.ended.then((code) => {
      shells.splice(shells.indexOf(shell), 1);
      if (game.lab() === lab && game.closed(shell) && shell === active) over(shell, code);
    });
    return shell;
  };

  const full: Stage = {
    ...stage,
    columns: () => Math.min(tty.size().columns, 110),
    openShell: openAt,
    confirm: asked.ask,
  };
  const game = begin(full);

  /** Goes to the shell of a place; says what its prompt is, where that is another one. */
  const show = async (place: string): Promise<string | undefined> => {
    const shell = await game.shell(place);
    if (shell === active) return undefined;
    active = shell;
    return lines.get(shell)?.isBegun ? '' : `${place}# `;
  };

  /** Does something while what the shell prints is held back, and then lets it go on, with its prompt. */
  const inTurn = (
    does: () => Promise<Turn>,
    { typed, prompt = '' }: { typed?: string | undefined; prompt?: string } = {},
  ) => {
    pending++;
    tty.changed?.();
    queue = queue.then(async () => {
      const turn = await does().catch(failed);
      const text = turn.lines.join('\n');
      if (typed || text !== lastTold) print(turn.lines);
      if (!typed) lastTold = text;
      const place = turn.place ?? active?.place;
      const other = place && (await show(place).catch((error: unknown) => print(failed(error).lines)));
      write(other || prompt);
      if (!active && !isLeft && !tty.stays) revive();
      if (!--pending) goOn();
      tty.changed?.();
      turned({ ...turn, ...(typed && { word: typed }) });
    });
  };

  const failed = (error: unknown): Turn => ({
    lines: [`That could not be done: ${(error as Error).message}`, dim('Begin this one anew: reset')],
    passed: false,
  });

  const goOn = () => {
    write(takeHeld());
    for (const keys of ahead.splice(0)) active?.type(keys);
  };

  /** What becomes of a workshop whose shell has ended: it is left if the attendee wants that, and else there is a new one. */
  const over = (shell: Shell, code: number) => {
    active = undefined;
    const { place } = shell;
    inTurn(async () => {
      if (code === GONE) {
        const lines = ['The lab has ended: somebody has killed what held it. It is stood up anew.'];
        const turn = await opened(game, () => game.reset());
        return { ...turn, lines: [...lines, ...turn.lines] };
      }
      if (!tty.stays && !KILLED.has(code) && (await asked.ask('Leave the workshop? What you have done is kept.'))) {
        leave();
        return { lines: [], passed: false };
      }
      const how = KILLED.has(code) ? 'was killed' : 'has ended';
      return { lines: [`The shell on ${place} ${how}. Here is a new one.`], passed: false, place };
    });
  };

  /** Where no shell can be had, a new lab may have one; who does not want that leaves. */
  const revive = () =>
    inTurn(async () => {
      if (await asked.ask('There is no shell any more. Have a new lab stood up?'))
        return opened(game, () => game.reset());
      leave();
      return { lines: [], passed: false };
    });

  return {
    game,
    ended,
    async begin(item) {
      const own = game.items.find(({ number }) => number === item.number)!;
      let failure: unknown;
      const begun = opened(game, () => game.goTo(own)).catch((error: unknown) => {
        failure = error;
        throw error;
      });
      inTurn(() => begun, { typed: 'begin' });
      await queue;
      if (failure) throw failure;
    },
    type(keys) {
      if (asked.take(keys)) return;
      if (!pending) active?.type(keys);
      else if (ahead.length < MOST_AHEAD) ahead.push(keys);
    },
    say(words) {
      const line = active && lines.get(active);
      if (!Object.hasOwn(known, words[0] ?? '')) throw new BadUsage(`There is no word ${words[0]}.`);
      if (asked.open() || pending > MOST_WAITING) return;
      if (line?.isBegun && words[0] === 'solve')
        throw new BadUsage('A program runs in your shell, which the lines are typed into: end it first, with Ctrl-C.');
      if (line && !line.isBegun && !pending) return active?.type(typedLine(words));
      print(['']);
      inTurn(() => act(game, full, [...words]), { typed: words[0], prompt: line && !line.isBegun ? line.prompt : '' });
    },
    hold(now) {
      isHeld = now;
      for (const shell of shells) shell.hold(now);
    },
    isBusy: () => pending > 0,
    question: asked.open,
    resize() {
      for (const shell of shells) shell.resize(tty.size());
    },
    async [Symbol.asyncDispose]() {
      active = undefined;
      await game[Symbol.asyncDispose]();
    },
  };
}
