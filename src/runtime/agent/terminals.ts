import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Terminal, TerminalOptions } from '../runtime.ts';

/** What an agent learns when a terminal is asked for. */
const terminalFile = fileURLToPath(new URL('./terminal.pl', import.meta.url));

type Ask = (op: string, ...words: (string | Buffer)[]) => Promise<Buffer[]>;

interface Open {
  said(bytes: Buffer): void;
  over(code: number): void;
}

/** The code of a program whose place is gone: nobody can tell how it ended. */
const GONE = 255;

/** The terminals that an agent has open; `begin` asks it, and says by which id the answer is known. */
export function terminals(ask: Ask, begin: (...words: Parameters<Ask>) => { id: string; answer: Promise<Buffer[]> }) {
  const all = new Map<string, Open>();
  let learnt: Promise<unknown> | undefined;

  const over = (id: string, code: number) => {
    all.get(id)?.over(code);
    all.delete(id);
  };

  return {
    /** Takes a message that is about a terminal; says whether it was one. */
    receive(kind: string, id: string, [word]: Buffer[]): boolean {
      if (kind === 'said') all.get(id)?.said(word!);
      else if (kind === 'over') over(id, Number(word));
      else return false;
      return true;
    },
    end(): void {
      for (const id of [...all.keys()]) over(id, GONE);
    },
    async open(place: string, argv: string[], { rows, columns, env = {}, said }: TerminalOptions): Promise<Terminal> {
      learnt ??= ask('learn', readFileSync(terminalFile));
      await learnt;
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const size = [String(rows), String(columns)];
      const { id, answer } = begin('terminal', place, ...size, argv.join('\0'), variables.join('\0'));
      const ended = new Promise<number>((over) => all.set(id, { said, over }));
      await answer.catch((error: unknown) => {
        all.delete(id);
        throw error;
      });
      // What is asked of a terminal that has ended meanwhile is for nobody.
      const tell = (op: string, ...words: (string | Buffer)[]) => void ask(op, id, ...words).catch(() => {});
      return {
        ended,
        type: (keys) => tell('keys', keys),
        resize: (...now) => tell('resize', ...now.map(String)),
        hold: (isHeld) => tell('hold', isHeld ? '1' : '0'),
        hangUp: () => tell('hang_up'),
      };
    },
  };
}
