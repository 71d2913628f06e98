import { endedText, outcomeText } from '../judge/outcome.ts';
import type { WalkResult } from '../judge/result.ts';
import type { Durations } from '../prove/events.ts';
import type { Document, DocumentedCheck } from '../record/document.ts';
import { causeTexts, whyTexts } from './causes.ts';
import { duration } from './duration.ts';
import { journey } from './journey.ts';
import { escaped, fenced, table } from './markup.ts';

/** A run as a page of a CI job's summary. */
export function markdown(document: Document): string {
  const {
    lab,
    title,
    runtime,
    rootless,
    kernel,
    daemons = [],
    verdict,
    reason,
    steps,
    walks,
    checks,
    claims,
    drills,
    durations,
  } = document;
  const failedSteps = steps.flatMap(({ failure, title }) => (failure ? [{ ...failure, title }] : []));
  const blocks = [
    `## ${lab}: ${verdict}`,
    reason ? `**${escaped(reason)}**` : '',
    `${escaped(title)}, on ${runtime}${kernel ? `, Linux ${escaped(kernel)}` : ''}${rootless ? ' without root' : ''}${daemons.length ? `, with the real ${escaped(daemons.join(', '))}` : ''}.`,
    ...failedSteps.map((failure) => `### ${escaped(failure.title)}: failed\n\n${output(failure)}`),
    table(
      'Claims',
      ['Claim', 'Verdict', 'Note'],
      claims.map(({ id, verdict, note }) => [id, verdict, note]),
    ),
    table(
      'Walks',
      ['Walk', 'Outcome', 'Claims', 'Time'],
      walks.map((walk) => [walk.name, outcomeText(walk), walk.claims.join(' '), duration(walk.durationMs)]),
    ),
    ...walks.filter(({ verdict }) => verdict !== 'passed').map(walkBlock),
    checks.length ? `### Checks\n\n${checkCount(checks)}` : '',
    ...checks.filter(({ verdict }) => verdict !== 'passed').map(failedCheck),
    table(
      'Drills',
      ['Fault', 'Verdict', 'What happened', 'Hint'],
      drills.map(({ fault, verdict, reason, expected, hint }) => [
        fault,
        verdict,
        reason ?? `${endedText(expected)}, and healed`,
        hint,
      ]),
    ),
    ...drills.flatMap(({ verdict, broken }) => (verdict !== 'passed' && broken ? [walkBlock(broken)] : [])),
    table('Durations', ['What', 'Time'], durationRows(durations)),
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

const walkBlock = (walk: WalkResult): string =>
  [
    `#### ${escaped(walk.name)}: ${outcomeText(walk)}`,
    walk.reason ? escaped(walk.reason) : '',
    causeBlock(walk),
    fenced('diff', [`  ${walk.send.from}# ${walk.send.command}`, ...journey(walk)].join('\n')),
    whyTexts(walk).length ? fenced('', whyTexts(walk).join('\n')) : '',
  ]
    .filter(Boolean)
    .join('\n\n');

/** Why a packet was lost, a line each; a command as code. */
const causeBlock = (walk: WalkResult): string =>
  causeTexts(walk)
    .map(({ word, text }) => `**${word}:** ${word === 'Mend it' ? `\`${text}\`` : escaped(text)}`)
    .join('  \n');

const failedCheck = (check: DocumentedCheck): string =>
  `#### ${escaped(check.title)}: ${check.verdict}${check.reason ? `\n\n${escaped(check.reason)}` : ''}\n\n${output(check)}`;

const output = ({ node, command, output }: { node: string; command: string; output: string }) =>
  fenced('', `${node}# ${command}\n${output}`);

function checkCount(checks: DocumentedCheck[]): string {
  const passed = checks.filter(({ verdict }) => verdict === 'passed').length;
  return `${passed} of ${checks.length} passed.`;
}

const durationRows = ({ setUpMs, firstVerifiedPacketMs, downMs, totalMs }: Durations): string[][] =>
  Object.entries({
    'Set up': setUpMs,
    'First verified packet': firstVerifiedPacketMs,
    'Taken down': downMs,
    Total: totalMs,
  }).flatMap(([what, ms]) => (ms === null ? [] : [[what, duration(ms)]]));
