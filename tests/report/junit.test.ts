import { expect } from 'chai';
import { convert } from 'xmlbuilder2';
import type { Event } from '../../src/prove/events.ts';
import { document } from '../../src/record/document.ts';
import { junit } from '../../src/report/junit.ts';
import { causeOf } from '../results.ts';
import { check, ended, failedRun, lost, passedRun, started } from './results.ts';

interface Element {
  [attribute: `@${string}`]: string;
  '#': string;
  testcase: Element[];
  failure: Element;
  error: Element;
  skipped: Element;
}

const list = (elements: Element | Element[] | undefined): Element[] => (elements ? [elements].flat() : []);

/** The suites by their names, parsed back from the XML. */
async function parsed(events: Event[]) {
  const xml = await junit(document(events));
  const { testsuites } = convert(xml, { format: 'object' }) as unknown as {
    testsuites: Element & { testsuite?: Element | Element[] };
  };
  const suites: Record<string, Element> = Object.fromEntries(
    list(testsuites.testsuite).map((suite) => [suite['@name'], { ...suite, testcase: list(suite.testcase) }]),
  );
  return { xml, testsuites, suites };
}

describe('junit', () => {
  it('has a suite for each kind of result', async () => {
    const { testsuites, suites } = await parsed(passedRun);
    expect(testsuites).to.include({ '@name': 'flannel-vxlan', '@tests': '5', '@failures': '0', '@errors': '0' });
    expect(Object.keys(suites)).to.deep.equal(['steps', 'walks', 'checks', 'drills']);
    expect(suites.checks!.testcase.map((each) => each['@name'])).to.deep.equal([
      'flannel.1 is a VXLAN device (master)',
      'flannel.1 is a VXLAN device (node1)',
    ]);
    expect(suites.walks!.testcase[0]).to.include({ '@classname': 'flannel-vxlan.walks', '@time': '0.0064' });
  });

  it('says why a walk was lost, in its message and first in its text', async () => {
    const causes = [causeOf('b has no route', { fix: { place: 'b', command: 'ip route add x' } })];
    const { suites } = await parsed([
      started,
      { type: 'walk ended', walk: lost({ causes }) },
      ended({ verdict: 'failed' }),
    ]);
    const { failure } = suites.walks!.testcase[0]!;
    expect(failure['@message']).to.equal('lost at master:enp0s1: b has no route');
    expect(failure['#']).to.match(/^\s*Cause: b has no route\nMend it: b# ip route add x\npodA# ping/);
  });

  it('tells of a lost walk the hop, what was expected, what was seen and why', async () => {
    const { suites } = await parsed(failedRun);
    const { failure } = suites.walks!.testcase[0]!;
    expect(failure['@message']).to.equal('lost at master:enp0s1');
    expect(failure['#']).to.include('✗ master:enp0s1  The frame leaves wrapped in UDP');
    expect(failure['#']).to.include("-     ip({ src: '192.168.205.4', dst: '192.168.205.3' })");
    expect(failure['#']).to.include('+     nothing');
    expect(failure['#']).to.include('nobody answered');
    expect(failure['#']).to.include('10.42.1.9 via 10.42.1.0 dev flannel.1');
  });

  it('makes what is unknown an error, and what was not tried skipped', async () => {
    const { testsuites, suites } = await parsed(failedRun);
    expect(suites.walks!.testcase[1]!.error['@message']).to.equal('the capture lost frames on master');
    expect(suites.checks!.testcase[2]!.skipped['@message']).to.equal('this kernel has no ipip');
    expect(testsuites).to.include({ '@tests': '7', '@failures': '3', '@errors': '1', '@skipped': '1' });
  });

  it('stays valid XML whatever a command prints', async () => {
    const output = Array.from({ length: 0x100 }, (_, i) => String.fromCodePoint(i)).join('');
    const odd = check('a"<&>', { verdict: 'failed', output: `${output}]]>\ud800\uffff😀`, reason: '\u0000<\n>' });
    const { xml, suites } = await parsed([started, { type: 'check ended', check: odd }, ended({ verdict: 'failed' })]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(xml).not.to.match(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/);
    const { failure } = suites.checks!.testcase[0]!;
    expect(failure['#']).to.include('␀␁␂').and.to.include('␛').and.to.include('😀');
    expect(xml).to.include(']]&gt;').and.to.include('flannel.1 is a VXLAN device (a&quot;&lt;&amp;&gt;)');
  });

  it('never looks passed when the run was not', async () => {
    const reason = '2 never ran: podA pings podB';
    const { suites } = await parsed([started, ended({ verdict: 'unknown', reason })]);
    expect(suites.run!.testcase[0]!.error['@message']).to.equal(reason);
    const cut = await parsed(passedRun.slice(0, -1));
    expect(cut.suites.run!.testcase[0]!.error['@message']).to.equal('the run did not end');
  });
});
