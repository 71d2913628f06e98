import type { Runtime } from '../runtime/index.ts';
import { type Mark, marks } from './marks.ts';

/** What may be typed at any prompt, and what it does. */
export const words: Record<string, string> = {
  hint: 'where to look; typed again what differs, then the line to type',
  check: 'look again whether it is done',
  solve: 'have the lines typed for you; `solve PLACE` types those of one place',
  skip: 'go on without having done it',
  reset: 'begin this one anew',
  next: 'go on, once it is done',
  help: 'list these words',
  list: 'list all, and how each ended',
  notes: 'read what else is said of it',
  on: '`on PLACE`: go to the shell of another node or pod',
  predict: '`predict PLACE:INTERFACE`: say what you expect before it is shown',
  answer: '`answer TEXT`: answer what is asked',
  break: 'have something broken, unseen, for you to find out',
};

/**
 * A word only prints a mark, so that it works wherever printf(1) does, on the terminal whatever a shell's output leads to; `break`
 * stays what it is inside of a loop. A prompt that somebody sets gets its marks before it is printed, and where what is done before
 * each prompt was set, too, the next word brings that back. No more processes than a lesson
 * takes, where the kernel counts them: not those of root. Where memory runs out, what was typed ends before what holds the lab.
 */
const setUp = `
echo 500 >/proc/$$/oom_score_adj
ulimit -u 1000 2>/dev/null || ulimit -p 1000 2>/dev/null
packetwalk_word() { printf '\\033]5151;%s\\007' "$*" >/dev/tty; }
${Object.keys(words)
  .filter((word) => word !== 'break')
  .map((word) => `${word}() { packetwalk_word ${word} "$@"; }`)
  .join('\n')}
if [ -n "\${BASH_VERSION-}" ]; then
  set +H
  unset HISTFILE
  packetwalk_break() { case "$(HISTTIMEFORMAT= history 1)" in *[0-9]'  break') echo packetwalk_word break;; *) echo builtin break;; esac; }
  alias break='eval "$(packetwalk_break)"'
  PS1="$PACKETWALK_PLACE# "
  packetwalk_prompt() {
    PS0='\\e]133;C\\a'
    case $PS1 in *'133;B'*) ;; *) PS1='\\[\\e]133;D;$?\\a\\]'"$PS1"'\\[\\e]133;B\\a\\]' ;; esac
  }
  PROMPT_COMMAND=packetwalk_prompt
  packetwalk_word() {
    printf '\\033]5151;%s\\007' "$*" >/dev/tty
    case $PROMPT_COMMAND in *packetwalk_prompt*) ;; *) PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND;}packetwalk_prompt" ;; esac
  }
else
  alias break='packetwalk_word break'
  PS1="$(printf '\\033]133;C\\007\\033]133;D;')"'$?'"$(printf '\\007')$PACKETWALK_PLACE# $(printf '\\033]133;B\\007')"
fi
PS2='> '
unset PACKETWALK_SET_UP_SHELL
exec 9<&-
`;

/** What Ctrl-C types, and what forgets a line that was begun. */
const [INTERRUPT, FORGET] = ['\x03', '\x15'];

/** Words as they are typed at a prompt, each as the shell takes it literally. */
export const typedLine = (words: readonly string[]): string =>
  `${FORGET}${words.map((word) => quoted(word.replaceAll(/\p{C}/gu, ' '))).join(' ')}\n`;

const quoted = (word: string): string => (/^[\w:./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A shell reads what it begins with from a pipe: a node's file systems may be full. */
const start = `program=sh
command -v bash >/dev/null && program='bash --noprofile --rcfile /dev/fd/9'
ENV=/dev/fd/9 exec $program -i 9<<END
$PACKETWALK_SET_UP_SHELL
END`;

export interface Size {
  rows: number;
  columns: number;
}

/** A shell at a place. */
export interface Shell {
  place: string;
  type(keys: string | Buffer): void;
  resize(size: Size): void;
  hold(isHeld: boolean): void;
  /** Types a line and waits for the next prompt: how the line ended, and what was printed meanwhile. It is interrupted when time is up. */
  run(line: string, timeoutMs: number): Promise<{ code: number; printed: string }>;
  ended: Promise<number>;
  hangUp(): void;
}

/** Opens a shell at a place, and waits for its first prompt; `hear` is told what it prints, but for what `run` waits for. */
export async function openShell(
  runtime: Runtime,
  place: string,
  size: Size,
  hear: (mark: Mark) => void,
): Promise<Shell> {
  if (!runtime.terminal) throw new Error(`${runtime.name} has no terminal to lend`);
  const read = marks();
  let running: { printed: string; isBegun?: true; code?: number; done(code: number): void } | undefined;
  let isReady = false;
  let begin = () => {};
  const ready = new Promise<void>((resolve) => {
    begin = resolve;
  });
  /** Takes what belongs to the shell's beginning or to a line that `run` has typed; says whether it was that. */
  const isOwn = (mark: Mark): boolean => {
    if (!isReady) {
      isReady = mark.kind === 'prompt';
      if (isReady) begin();
      return true;
    }
    if (!running) return false;
    if (mark.kind === 'text' && running.code === undefined) running.printed += mark.text;
    // A prompt is printed anew, too, when a terminal changes its size.
    if (mark.kind === 'begun') running.isBegun = true;
    if (mark.kind === 'over' && running.isBegun) running.code = mark.code;
    if (mark.kind === 'prompt' && running.isBegun) {
      const { done, code = 0 } = running;
      running = undefined;
      done(code);
    }
    return true;
  };
  const terminal = await runtime.terminal(place, ['sh', '-c', start], {
    ...size,
    env: { PACKETWALK_SET_UP_SHELL: setUp, PACKETWALK_PLACE: place, TERM: process.env.TERM ?? 'xterm' },
    said(bytes) {
      for (const mark of read(bytes)) if (!isOwn(mark)) hear(mark);
    },
  });
  const gone = terminal.ended.then((code) => {
    throw new Error(`the shell on ${place} ended with ${code}`);
  });
  gone.catch(() => {});
  await Promise.race([ready, gone]);
  return {
    place,
    ended: terminal.ended,
    type: (keys) => terminal.type(keys),
    resize: ({ rows, columns }) => terminal.resize(rows, columns),
    hold: (isHeld) => terminal.hold(isHeld),
    hangUp: () => terminal.hangUp(),
    run(line, timeoutMs) {
      const prompt = new Promise<{ code: number; printed: string }>((resolve) => {
        const waiting = { printed: '', done: (code: number) => resolve({ code, printed: waiting.printed }) };
        running = waiting;
      });
      terminal.type(`${line}\n`);
      const overdue = setTimeout(() => terminal.type(INTERRUPT), timeoutMs);
      return Promise.race([prompt, gone]).finally(() => clearTimeout(overdue));
    },
  };
}
