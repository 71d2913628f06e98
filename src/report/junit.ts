import { type DrillResult, type StepResult, type Verdict, type WalkResult, worst } from '../events.ts';
import { outcome } from '../fate.ts';
import type { Document, DocumentedCheck } from './document.ts';
import { journey } from './journey.ts';

interface Case {
  name: string;
  verdict: Verdict;
  /** In a line, why it did not pass. */
  message: string;
  /** All that tells why. */
  text: string;
  durationMs: number;
}

/** A run as JUnit XML: a suite for each kind of result, and one for the run where those do not tell its verdict. */
export async function junit(document: Document): Promise<string> {
  const { create } = await import('xmlbuilder2');
  const suites = Object.entries(suitesOf(document)).filter(([, cases]) => cases.length);
  const { lab, runtime, rootless, verdict, reason, durations } = document;
  const properties = Object.entries({ lab, runtime, rootless, verdict, reason, ...durations });
  const tree = {
    testsuites: {
      '@name': lab,
      ...counted(suites.flatMap(([, cases]) => cases)),
      testsuite: suites.map(([name, cases]) => ({
        '@name': name,
        ...counted(cases),
        properties: { property: properties.map(([name, value]) => ({ '@name': name, '@value': String(value ?? '') })) },
        testcase: cases.map((each) => element(each, `${lab}.${name}`)),
      })),
    },
  };
  return create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: visible }, tree).end({
    prettyPrint: true,
  });
}

function suitesOf(document: Document): Record<string, Case[]> {
  const { steps, walks, checks, drills, verdict, reason, title } = document;
  const suites = {
    steps: steps.map(step),
    walks: walks.map(walk),
    checks: checks.map(check),
    drills: drills.map(drill),
  };
  const told = worst(Object.values(suites).flatMap((cases) => cases.map((each) => each.verdict)));
  return told === verdict
    ? suites
    : { ...suites, run: [{ name: title, verdict, message: reason, text: reason, durationMs: 0 }] };
}

const step = ({ title, verdict, durationMs, failure }: StepResult): Case => ({
  name: title,
  verdict,
  message: failure ? `${failure.node}# ${failure.command}` : verdict,
  text: failure ? `${failure.node}# ${failure.command}\n${failure.output}` : '',
  durationMs,
});

const walk = (walk: WalkResult): Case => ({
  name: walk.name,
  verdict: walk.verdict,
  message: walk.reason ?? outcome(walk),
  text: [`${walk.send.from}# ${walk.send.command}`, ...journey(walk), ...walk.evidence].join('\n'),
  durationMs: walk.durationMs,
});

const check = ({ title, node, verdict, command, output, reason = verdict }: DocumentedCheck): Case => ({
  name: `${title} (${node})`,
  verdict,
  message: reason,
  text: `${node}# ${command}\n${reason}\n${output}`,
  durationMs: 0,
});

const drill = ({ fault, verdict, durationMs, reason = verdict, hint, broken }: DrillResult): Case => ({
  name: fault,
  verdict,
  message: reason,
  text: [reason, hint, ...(broken ? journey(broken) : []), ...(broken?.evidence ?? [])].join('\n'),
  durationMs,
});

const element = ({ name, verdict, message, text, durationMs }: Case, classname: string) => ({
  '@classname': classname,
  '@name': name,
  '@time': seconds(durationMs),
  ...(verdict === 'failed' && { failure: { '@message': message, '#': text } }),
  ...(verdict === 'unknown' && { error: { '@message': message, '#': text } }),
  ...(verdict === 'skipped' && { skipped: { '@message': message } }),
});

const counted = (cases: Case[]) => ({
  '@tests': cases.length,
  '@failures': cases.filter(({ verdict }) => verdict === 'failed').length,
  '@errors': cases.filter(({ verdict }) => verdict === 'unknown').length,
  '@skipped': cases.filter(({ verdict }) => verdict === 'skipped').length,
  '@time': seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0)),
});

const seconds = (ms: number) => (ms / 1000).toFixed(4);

/** What XML must not hold, as a picture of it: ␛ for an escape, ␀ for a null. */
const visible = (character: string) =>
  character < ' ' ? String.fromCodePoint(0x2400 + character.codePointAt(0)!) : '\ufffd';
