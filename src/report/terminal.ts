import { stripVTControlCharacters } from 'node:util';
import { bold, dim } from 'yoctocolors';
import type { WalkResult } from '../judge/result.ts';
import type { CheckResult, Event } from '../prove/events.ts';
import { type Document, extended, unfinished } from '../record/document.ts';
import { firstOfCause } from './causes.ts';
import { duration } from './duration.ts';
import type { Report } from './report.ts';
import { checkLines } from './terminal/check.ts';
import { claimLines } from './terminal/claims.ts';
import { drillLines } from './terminal/drill.ts';
import { live, progress } from './terminal/progress.ts';
import { sign } from './terminal/sign.ts';
import { stepLines } from './terminal/step.ts';
import { indented, row, wrapped } from './terminal/text.ts';
import { verdictLines } from './terminal/verdict.ts';
import { sameCauseLines, walkLines } from './terminal/walk.ts';

export interface TerminalOptions {
  write: (text: string) => void;
  columns: number;
  /** Whether a line tells what is under way, on standard output. */
  live: boolean;
  /**
   * How much of what went well is shown. `brief`: a walk in a line; `usual`: the first walk hop by hop, steps and checks counted;
   * `all`: everything. What did not go well is shown in full, of several walks that failed for one cause the first.
   */
  detail: 'brief' | 'usual' | 'all';
  colours: boolean;
  /** The command that shows a walk in full, by its name; where none is known, each is shown so that did not go well. */
  inFull?: ((walk: string) => string) | undefined;
}

const { stdout, env } = process;
const FORCED = env.FORCE_COLOR !== undefined && !['0', 'false'].includes(env.FORCE_COLOR);
const DEFAULTS: TerminalOptions = {
  write: (text) => stdout.write(text),
  columns: stdout.columns || 80,
  live,
  detail: 'usual',
  colours: stdout.isTTY || FORCED,
};
const NARROWEST = 60;

/** A run as a person follows it, line by line. */
export function terminal(options: Partial<TerminalOptions> = {}): Report {
  const { write, columns, live, detail, colours, inFull } = { ...DEFAULTS, ...options };
  const blocks = blocksOf({ columns: Math.max(columns, NARROWEST), detail, inFull });
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

type Layout = Pick<TerminalOptions, 'columns' | 'detail' | 'inFull'>;

/** The blocks that each event completes; a check is complete when something else has happened. */
function blocksOf(layout: Layout): (event: Event) => Block[] {
  const { columns, detail } = layout;
  const steps = tally('Set up', 'step', columns);
  const passed = tally('Checks', 'check', columns);
  let document = unfinished;
  let checks: CheckResult[] = [];
  const checkBlocks = (complete: CheckResult[]): Block[] => {
    if (!complete.length) return [];
    if (detail === 'usual' && complete.every(({ verdict }) => verdict === 'passed')) return passed.add(complete);
    return [...passed.told(), { section: 'Checks', lines: checkLines(complete, columns) }];
  };
  return (event) => {
    document = extended(document, event);
    const title = event.type === 'check ended' ? event.check.title : undefined;
    const complete = checks[0]?.title === title ? [] : checks;
    checks = [...(complete.length ? [] : checks), ...(event.type === 'check ended' ? [event.check] : [])];
    const counts = detail === 'usual' && event.type === 'step ended' && event.step.verdict === 'passed';
    return [
      ...checkBlocks(complete),
      ...(counts ? steps.add([event.step]) : event.type === 'step started' ? [] : steps.told()),
      ...(event.type === 'check ended' ? [] : passed.told()),
      ...(counts ? [] : blocksOfOne(event, document, layout)),
    ].filter(({ lines }) => lines.length);
  };
}

/** What went well and is told by its number alone, once something else has happened. */
function tally(section: string, name: string, columns: number) {
  let [count, durationMs] = [0, 0];
  return {
    add(results: { durationMs: number }[]): Block[] {
      count += results.length;
      durationMs += results.reduce((sum, each) => sum + each.durationMs, 0);
      return [];
    },
    told(): Block[] {
      if (!count) return [];
      const right = name === 'step' ? dim(duration(durationMs)) : '';
      const lines = row(`  ${sign('passed')}`, `${count} ${name}${count === 1 ? '' : 's'}`, right, { columns });
      [count, durationMs] = [0, 0];
      return [{ section, lines }];
    },
  };
}

function blocksOfOne(event: Event, document: Document, layout: Layout): Block[] {
  const { columns, detail } = layout;
  switch (event.type) {
    case 'run started':
      return [{ section: '', lines: titleLines(document, columns) }];
    case 'step ended':
      return [{ section: 'Set up', lines: stepLines(event.step, columns) }];
    case 'walk ended':
      return [walkBlock(event.walk, document, layout)];
    case 'drill ended':
      return [
        { section: 'Drills', lines: drillLines(event.drill, columns, detail === 'usual'), apart: detail !== 'usual' },
      ];
    case 'run ended':
      return [
        { section: 'Claims', lines: claimLines(event.claims, columns) },
        {
          section: '',
          lines: [...verdictLines(document, columns), ...(detail === 'usual' ? moreLines(document, columns) : [])],
        },
      ];
    default:
      return [];
  }
}

function walkBlock(walk: WalkResult, { walks }: Document, { columns, detail, inFull }: Layout): Block {
  const isFirst = walks.length === 1;
  const how = detail === 'all' ? 'headers' : detail === 'usual' && isFirst ? 'tree' : 'line';
  const apart = detail === 'all' || (detail === 'usual' && walks.length === 2);
  const first = detail === 'all' || walk.verdict !== 'failed' ? undefined : firstOfCause(walks.slice(0, -1), walk);
  const lines =
    first && inFull
      ? sameCauseLines(walk, first, inFull(walk.name), columns)
      : walkLines(walk, { columns, detail: how });
  return { section: 'Walks', lines, apart };
}

/** How all of what went well is shown. */
const moreLines = ({ walks, checks, steps }: Document, columns: number): string[] =>
  walks.length + checks.length > 1 || steps.length
    ? indented(wrapped('Every step, every walk hop by hop and every check: `--verbose`', columns - 2).map(dim), 2)
    : [];

const titleLines = (
  { title, lab, runtime, rootless, kernel, why, daemons = [] }: Document,
  columns: number,
): string[] => [
  ...wrapped(title, columns).map((line) => bold(line)),
  dim(
    runtime === 'none'
      ? lab
      : `${lab} on ${runtime}${kernel ? `, Linux ${kernel}` : ''}${rootless ? ', without root' : ''}`,
  ),
  ...(daemons.length ? wrapped(`with the real ${daemons.join(', ')}`, columns).map(dim) : []),
  ...(why ? wrapped(why, columns).map(dim) : []),
];
