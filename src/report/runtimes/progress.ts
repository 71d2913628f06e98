import { stripVTControlCharacters } from 'node:util';
import spinner from 'yocto-spinner';
import type { Run } from '../../compare/compare.ts';
import { live } from '../terminal/progress.ts';
import { runLine } from './terminal.ts';

/** Tells of runs as they end, a line each, and on a terminal of what is under way. */
export function progressOf(count: number, stream: NodeJS.WriteStream) {
  const line = live && stream === process.stdout ? spinner({ stream, handleSignals: false }) : undefined;
  const coloured = stream.isTTY || !['0', 'false'].includes(process.env.FORCE_COLOR ?? '0');
  let ended = 0;
  const underWay: string[] = [];
  const show = () => {
    const text = `${ended + 1} of ${count}: ${underWay.join(', ')}`.slice(0, (stream.columns || 80) - 4);
    if (underWay.length) line?.start(text);
  };
  process.once('exit', () => line?.stop());
  return {
    begins(what: string) {
      underWay.push(what);
      line?.stop();
      show();
    },
    ended(run: Run) {
      ended++;
      underWay.splice(underWay.indexOf(`${run.lab} on ${run.runtime}`), 1);
      line?.stop();
      const text = `${runLine(run)}\n`;
      stream.write(coloured ? text : stripVTControlCharacters(text));
      show();
    },
    /** Tells something else. */
    says(text: string) {
      line?.stop();
      stream.write(`${text}\n`);
      show();
    },
    stop: () => void line?.stop(),
  };
}
