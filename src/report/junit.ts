import { outcomeText } from '../judge/outcome.ts';
import { type Verdict, type WalkResult, worst } from '../judge/result.ts';
import type { DrillResult, StepResult } from '../prove/events.ts';
import type { Document, DocumentedCheck } from '../record/document.ts';
import { causeTexts, whyTexts } from './causes.ts';
import { journey } from './journey.ts';

export interface Case {
  classname: string;
  name: string;
  verdict: Verdict;
  /** In a line, why it did not pass. */
  message: string;
  /** All that tells why. */
  text: string;
  durationMs: number;
}

/** Cases that belong together, with what else is known of them all. */
export interface Suite {
  name: string;
  cases: Case[];
  properties: Record<string, unknown>;
}

/** A run as JUnit XML: a suite for each kind of result, and one for the run where those do not tell its verdict. */
export function junit(document: Document): Promise<string> {
  const { lab } = document;
  const properties = propertiesOf(document);
  const suites = Object.entries(casesOf(document, lab)).filter(([, cases]) => cases.length);
  return xml(
    lab,
    suites.map(([name, cases]) => ({ name, cases, properties })),
  );
}

/** Suites as JUnit XML. */
export async function xml(title: string, suites: Suite[]): Promise<string> {
  const { default: XMLBuilder } = await import('fast-xml-builder');
  const tree = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': title,
      ...counted(suites.flatMap(({ cases }) => cases)),
      testsuite: suites.map(({ name, cases, properties }) => ({
        '@name': name,
        ...counted(cases),
        properties: {
          property: Object.entries(properties).map(([name, value]) => ({
            '@name': name,
            '@value': String(value ?? ''),
          })),
        },
        testcase: cases.map(element),
      })),
    },
  };
  const builder = new XMLBuilder({
    ...{ attributeNamePrefix: '@', textNodeName: '#', ignoreAttributes: false, suppressBooleanAttributes: false },
    ...{ format: true, suppressEmptyNode: true },
    tagValueProcessor: (_name, text) => legible(String(text)),
    attributeValueProcessor: (_name, text) => legible(String(text)),
  });
  return builder.build(tree).trimEnd();
}

/** What is known of a whole run. */
export const propertiesOf = ({ lab, runtime, rootless, kernel, verdict, reason, durations }: Document) => ({
  lab,
  runtime,
  rootless,
  ...(kernel && { kernel }),
  verdict,
  reason,
  ...durations,
});

/** A case for each result of a run, by kind; their classes begin with `name`. */
export function casesOf(document: Document, name: string): Record<string, Case[]> {
  const { steps, walks, checks, drills, verdict, reason, title } = document;
  const kinds: Record<string, Untold[]> = {
    steps: steps.map(step),
    walks: walks.map(walk),
    checks: checks.map(check),
    drills: drills.map(drill),
  };
  const told = worst(Object.values(kinds).flatMap((cases) => cases.map((each) => each.verdict)));
  if (told !== verdict) kinds.run = [{ name: title, verdict, message: reason, text: reason, durationMs: 0 }];
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, cases]) => [
      kind,
      cases.map((each) => ({ classname: `${name}.${kind}`, ...each })),
    ]),
  );
}

type Untold = Omit<Case, 'classname'>;

const step = ({ title, verdict, durationMs, failure }: StepResult): Untold => ({
  name: title,
  verdict,
  message: failure ? `${failure.node}# ${failure.command}` : verdict,
  text: failure ? `${failure.node}# ${failure.command}\n${failure.output}` : '',
  durationMs,
});

const walk = (walk: WalkResult): Untold => ({
  name: walk.name,
  verdict: walk.verdict,
  message: walk.reason ?? messageOf(walk),
  text: [...causes(walk), `${walk.send.from}# ${walk.send.command}`, ...journey(walk), ...whyTexts(walk)].join('\n'),
  durationMs: walk.durationMs,
});

const messageOf = (walk: WalkResult): string =>
  [outcomeText(walk), ...walk.causes.slice(0, 1).map(({ sentence }) => sentence)].join(': ');

const causes = (walk: WalkResult): string[] => causeTexts(walk).map(({ word, text }) => `${word}: ${text}`);

const check = ({ title, node, verdict, command, output, reason = verdict }: DocumentedCheck): Untold => ({
  name: `${title} (${node})`,
  verdict,
  message: reason,
  text: `${node}# ${command}\n${reason}\n${output}`,
  durationMs: 0,
});

const drill = ({ fault, verdict, durationMs, reason = verdict, hint, broken }: DrillResult): Untold => ({
  name: fault,
  verdict,
  message: reason,
  text: [reason, hint, ...(broken ? [...causes(broken), ...journey(broken), ...whyTexts(broken)] : [])].join('\n'),
  durationMs,
});

const element = ({ classname, name, verdict, message, text, durationMs }: Case) => ({
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

/** A text with what XML 1.0 must not hold as a picture of it: ␛ for an escape, ␀ for a null, � for the rest. */
const legible = (text: string) =>
  text.replaceAll(FORBIDDEN, (character) =>
    character < ' ' ? String.fromCodePoint(0x2400 + character.codePointAt(0)!) : '\ufffd',
  );

// The complement of XML 1.0's Char (https://www.w3.org/TR/xml/#charsets).
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
