import type { Comparison, Run } from '../../compare/compare.ts';
import { type Case, casesOf, propertiesOf, type Suite, xml } from '../junit.ts';
import type { Results } from './results.ts';

/** Runs as JUnit XML: a suite for each lab on each runtime, and one with a case for each lab that was compared. */
export const resultsJunit = ({ runs, comparisons }: Results): Promise<string> =>
  xml('matrix', [...runs.map(suite), { name: 'comparison', cases: comparisons.map(comparison), properties: {} }]);

function suite({ lab, runtime, kernel, verdict, reason, durationMs, document }: Run): Suite {
  const name = `${lab} on ${runtime}`;
  const cases = document ? Object.values(casesOf(document, name)).flat() : [];
  const alone: Case = { classname: name, name: 'run', verdict, message: reason, text: reason, durationMs };
  return {
    name,
    cases: cases.length ? cases : [alone],
    properties: document
      ? { ...propertiesOf(document), runtime }
      : { lab, runtime, ...(kernel && { kernel }), verdict, reason },
  };
}

const comparison = ({ lab, runtimes, verdict, reason, differences }: Comparison): Case => ({
  classname: 'comparison',
  name: `${lab}: ${runtimes.join(', ')}`,
  verdict,
  message: reason,
  text: differences.join('\n'),
  durationMs: 0,
});
