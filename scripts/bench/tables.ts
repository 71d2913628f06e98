import type { BuilderName } from './builders.ts';
import type { Timed } from './command-line.ts';
import type { Killed } from './load-balancers.ts';
import { leastRatio, median, ratio, spread, spreadOfCounts } from './numbers.ts';
import type { Raised } from './raise.ts';
import type { ServicesTimed } from './services.ts';
import type { Built } from './states.ts';

/** A table in Markdown, padded so that it reads as well in a terminal; columns of numbers stand to the right. */
export function table(head: string[], rows: string[][]): string {
  const columns = head.map((cell, i) => {
    const cells = rows.map((row) => row[i]!);
    return { width: Math.max(3, cell.length, ...cells.map(({ length }) => length)), right: cells.every(isNumber) };
  });
  const pad = (cell: string, i: number) =>
    columns[i]!.right ? cell.padStart(columns[i]!.width) : cell.padEnd(columns[i]!.width);
  const line = (cells: string[]) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = columns.map(({ width, right }) => (right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const isNumber = (cell: string) => /^(\d|$)/.test(cell);

export const commandTable = (timed: Timed[]): string =>
  table(
    ['command', 'wall', 'set-up', 'first packet verified', 'drills', 'total', 'take-down'],
    timed.map((each) => [
      `\`${each.typed}\`${each.about ? `, ${each.about}` : ''}`,
      each.absent ?? spread(each.wallMs),
      ...[each.setUpMs, each.firstVerifiedPacketMs, each.drillsMs, each.totalMs, each.downMs].map(spread),
    ]),
  );

/** What became of the connections through each load balancer. */
export const killedTable = (killed: Killed[]): string =>
  table(
    [
      'lab',
      'what happens to lb1',
      'answered',
      'lost',
      'of these silent',
      'refused',
      'else',
      'gap in ms',
      'a second, before',
    ],
    killed.map(({ lab, how, runs }) => [
      lab,
      how,
      ...(['answered', 'lost', 'silent', 'refused', 'otherwise'] as const).map((name) =>
        spreadOfCounts(runs.map((run) => run[name])),
      ),
      ...(['gapMs', 'perSecond'] as const).map((name) => spread(runs.map((run) => run[name]))),
    ]),
  );

/** How quick each mode of kube-proxy is, and its node. */
export const servicesTable = (timed: ServicesTimed[]): string =>
  table(
    ['services', 'mode', 'runtime', 'first packet in µs', 'connections a second', 'to program in ms', 'lines'],
    timed.map(({ size, mode, runtime, connectUs, perSecond, programmedMs, lines }) => [
      size.toLocaleString('en'),
      mode,
      runtime,
      spread(connectUs),
      spreadOfCounts(perSecond),
      spread(programmedMs),
      lines.toLocaleString('en'),
    ]),
  );

/** One sentence for each command that did not always pass. */
export const commandNotes = (timed: Timed[]): string[] =>
  timed.flatMap(({ typed, verdicts }) => {
    const other = verdicts.filter((verdict) => verdict !== 'passed');
    return other.length
      ? [`\`${typed}\` ended ${[...new Set(other)].join(', ')} in ${other.length} of ${verdicts.length} runs.`]
      : [];
  });

const wall = (timed: Timed[], words: string) => timed.find(({ typed }) => typed.includes(words))?.wallMs ?? [];

/** What npm itself adds to a command. */
export const npmAdds = (timed: Timed[]): number =>
  Math.round(median(wall(timed, 'npm run -s lab list')) - median(wall(timed, 'scripts/lab.js list')));

export const titles: Record<BuilderName, string> = {
  packetwalk: 'packetwalk',
  script: 'plain script',
  'script-P2': 'plain script, `xargs -P2`',
  mininet: 'Mininet',
};

const ups = (runs: Raised[]) => runs.map(({ upMs }) => upMs);
const downs = (runs: Raised[]) => runs.map(({ downMs }) => downMs);

export function stateTable(states: Built[], of: string): string {
  const rows = states.flatMap(({ topology, size, runs, absent }) => {
    const own = runs.packetwalk;
    const measured = Object.entries(runs) as [BuilderName, Raised[]][];
    return [
      ...measured.map(([name, all]) => [
        String(size),
        titles[name],
        spread(ups(all)),
        spread(downs(all)),
        spread(all.map(({ wallMs }) => wallMs)),
        own && name !== 'packetwalk' ? ratio(ups(own), ups(all)).toFixed(2) : '',
        `\`npm run bench -- ${topology}-${size} ${name}\``,
      ]),
      ...(Object.entries(absent) as [BuilderName, string][]).map(([name, why]) => [
        String(size),
        titles[name],
        why,
        '',
        '',
        '',
        '',
      ]),
    ];
  });
  return table([of, 'built by', 'set-up', 'take-down', 'whole process', 'packetwalk / it', 'again'], rows);
}

/** Where packetwalk's time goes: the median of each step, by size. */
export function stepTable(states: Built[], of: string): string {
  const own = states.flatMap(({ size, runs }) => (runs.packetwalk ? [{ size, runs: runs.packetwalk }] : []));
  const steps = Object.keys(own[0]?.runs[0]?.stepsMs ?? {});
  const rows = steps.map((step) => [
    step,
    ...own.map(({ runs }) => String(Math.round(median(runs.map(({ stepsMs }) => stepsMs[step]!))))),
  ]);
  return table(['step', ...own.map(({ size }) => `${size} ${of}`)], rows);
}

/** Whether the builders brought about the same state, one sentence a lab. */
export const sameness = ({ topology, size, places, differences }: Built): string[] => {
  const compared = Object.entries(differences) as [BuilderName, string[]][];
  if (!compared.length) return [];
  const found = compared.filter(([, lines]) => lines.length);
  const where = `${topology}-${size}, on ${places.join(', ')}`;
  if (!found.length) return [`${where}: the same.`];
  return found.map(
    ([name, lines]) => `${where}: ${titles[name]} differs in ${lines.length} lines, as in ${lines[0]!.slice(0, 300)}`,
  );
};

/** How packetwalk stands to its two targets, at 100 hosts on a bridge. */
export function targets(states: Built[]): string[] {
  const {
    packetwalk: own,
    script,
    mininet,
  } = states.find(({ topology, size }) => topology === 'bridge' && size === 100)?.runs ?? {};
  if (!own) return [];
  const line = (other: Raised[] | undefined, name: string, most: number) => {
    if (!other) return [];
    const [measured, least] = [ratio(ups(own), ups(other)), leastRatio(ups(own), ups(other))];
    const verdict = measured <= most ? 'met' : 'missed';
    return [
      `At 100 hosts packetwalk takes ${measured.toFixed(2)} of ${name} by the medians, ${least.toFixed(2)} by the quickest runs; the target is at most ${most}: ${verdict}.`,
    ];
  };
  return [...line(script, 'the plain script’s time', 1.5), ...line(mininet, 'Mininet’s time', 0.5)];
}
