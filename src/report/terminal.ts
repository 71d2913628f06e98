import { stripVTControlCharacters } from 'node:util';
import { bold, dim } from 'yoctocolors';
import type { CheckResult, Event } from '../prove/events.ts';
import { type Document, extended, unfinished } from '../record/document.ts';
import type { Report } from './report.ts';
import { checkLines } from './terminal/check.ts';
import { claimLines } from './terminal/claims.ts';
import { drillLines } from './terminal/drill.ts';
import { live, progress } from './terminal/progress.ts';
import { stepLines } from './terminal/step.ts';
import { wrapped } from './terminal/text.ts';
import { verdictLines } from './terminal/verdict.ts';
import { walkLines } from './terminal/walk.ts';

export interface TerminalOptions {
  write: (text: string) => void;
  columns: number;
  /** Whether a line tells what is under way, on standard output. */
  live: boolean;
  /** Whether walks that passed are shown hop by hop; others always are. */
  hops: boolean;
  colours: boolean;
}

const { stdout, env } = process;
const FORCED = env.FORCE_COLOR !== undefined && !['0', 'false'].includes(env.FORCE_COLOR);
const DEFAULTS: TerminalOptions = {
  write: (text) => stdout.write(text),
  columns: stdout.columns || 80,
  live,
  hops: true,
  colours: stdout.isTTY || FORCED,
};
const NARROWEST = 60;

/** A run as a person follows it, line by line. */
export function terminal(options: Partial<TerminalOptions> = {}): Report {
  const { write, columns, live, hops, colours } = { ...DEFAULTS, ...options };
  const blocks = blocksOf({ columns: Math.max(columns, NARROWEST), hops });
  const showProgress = live ? progress(stdout) : () => {};
  let section: string | undefined;
  return (event) => {
    showProgress(event);
    for (const block of blocks(event)) {
      const text = [...opening(block, section), ...block.lines].map((line) => `${line}\n`).join('');
      write(colours ? text : stripVTControlCharacters(text));
      section = block.section;
    }
  };
}

/** Lines that belong together, under the heading of their section. */
interface Block {
  section: string;
  lines: string[];
  /** Whether a blank line keeps it from the one before. */
  apart?: boolean;
}

function opening({ section, apart }: Block, previous: string | undefined): string[] {
  if (section === previous) return apart ? [''] : [];
  return [...(previous === undefined ? [] : ['']), ...(section ? [bold(section)] : [])];
}

/** The blocks that each event completes; a check is complete when something else has happened. */
function blocksOf(layout: { columns: number; hops: boolean }): (event: Event) => Block[] {
  let document = unfinished;
  let checks: CheckResult[] = [];
  return (event) => {
    document = extended(document, event);
    const title = event.type === 'check ended' ? event.check.title : undefined;
    const complete = checks[0]?.title === title ? [] : checks;
    checks = [...(complete.length ? [] : checks), ...(event.type === 'check ended' ? [event.check] : [])];
    return [
      { section: 'Checks', lines: complete.length ? checkLines(complete, layout.columns) : [] },
      ...blocksOfOne(event, document, layout),
    ].filter(({ lines }) => lines.length);
  };
}

function blocksOfOne(event: Event, document: Document, { columns, hops }: { columns: number; hops: boolean }): Block[] {
  switch (event.type) {
    case 'run started':
      return [{ section: '', lines: titleLines(document, columns) }];
    case 'step ended':
      return [{ section: 'Set up', lines: stepLines(event.step, columns) }];
    case 'walk ended':
      return [{ section: 'Walks', lines: walkLines(event.walk, { columns, hops }), apart: hops }];
    case 'drill ended':
      return [{ section: 'Drills', lines: drillLines(event.drill, columns), apart: true }];
    case 'run ended':
      return [
        { section: 'Claims', lines: claimLines(event.claims, columns) },
        { section: '', lines: verdictLines(document, columns) },
      ];
    default:
      return [];
  }
}

const titleLines = ({ title, lab, runtime, rootless, why }: Document, columns: number): string[] => [
  ...wrapped(title, columns).map((line) => bold(line)),
  dim(runtime === 'none' ? lab : `${lab} on ${runtime}${rootless ? ', without root' : ''}`),
  ...(why ? wrapped(why, columns).map(dim) : []),
];
