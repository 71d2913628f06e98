import spinner from 'yocto-spinner';
import type { Event } from '../../prove/events.ts';
import type { Report } from '../report.ts';

const { stdout, env } = process;

/** Whether standard output is a terminal on which a line can be written over. */
export const live = stdout.isTTY && env.TERM !== 'dumb' && !('CI' in env);

/** What is under way after an event, in a few words; null when nothing is. */
export function underWay(event: Event): string | null {
  switch (event.type) {
    case 'run started':
      return `Starting ${event.lab} on ${event.runtime}`;
    case 'step started':
      return event.title;
    case 'step ended':
      return event.step.verdict === 'passed' ? 'Opening a capture at every interface' : 'Taking the lab down';
    case 'walk ended':
      return 'Sending packets';
    case 'check ended':
      return 'Checking';
    case 'drill started':
      return `Drill: ${event.fault}`;
    case 'drill ended':
      return 'Drilling';
    case 'run ended':
      return null;
  }
}

/** A line at the end of what stands on a terminal that tells what is under way. */
export function progress(stream: NodeJS.WriteStream): Report {
  const line = spinner({ stream, handleSignals: false });
  process.once('exit', () => line.stop());
  return (event) => {
    const text = underWay(event);
    const fitting = text?.slice(0, (stream.columns || 80) - 4);
    if (fitting === undefined) line.stop();
    else if (line.isSpinning) line.text = fitting;
    else line.start(fitting);
  };
}
