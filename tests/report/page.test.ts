import { expect } from 'chai';
import { corrects, exactly, fails, json, lacks, lines, none } from '../../src/index.ts';
import type { PointResult } from '../../src/judge/result.ts';
import { type ExpectedHeader, ether, icmp, ip, mac, tcp } from '../../src/packet/index.ts';
import { type Plan, plan } from '../../src/plan/plan.ts';
import { claimsIfPassed } from '../../src/record/claims.ts';
import { type Document, unfinished } from '../../src/record/document.ts';
import { ledgerIfPassed } from '../../src/record/ledger.ts';
import {
  claimsPageWith,
  claimsTable,
  inOrder,
  labsTable,
  readmeWith,
  withPart,
} from '../../src/report/claims/tables.ts';
import { isStale, page } from '../../src/report/page/page.ts';
import { stable } from '../../src/report/page/stable.ts';
import { ownCommands } from '../../src/runtime/index.ts';
import { asSeen, checkResult, hookResult, pointResult, walkResult } from '../results.ts';
import { spoilt, type Unchecked } from '../small-lab.ts';

const planned = (change: (lab: Unchecked) => void = () => {}, name = 'small') => plan(spoilt(change), name);

const hop = (at: string, because: string, seen: ExpectedHeader[], more: Partial<PointResult> = {}) =>
  pointResult(at, { because, seen: asSeen(seen), ...more });
const echo = (type: 'echo request' | 'echo reply') => [ip({ src: '10.0.0.1', ttl: 64 }), icmp({ type })];
const walks = [
  walkResult('a pings b', 'passed', {
    claims: ['C-1'],
    hops: [
      hop('a:eth0', 'It leaves', echo('echo request')),
      hop('b:eth0', 'It arrives', echo('echo request')),
      hop('b:eth0', 'The answer leaves', echo('echo reply'), { part: 'reply' }),
      hop('a:eth0', 'The answer arrives', echo('echo reply'), { part: 'reply' }),
    ],
  }),
];
const pairs = checkResult('a reaches b', 'passed', { node: 'b, c', output: 'a > b: from 1.1\na > c: from 1.1' });
const checks = [checkResult('a has an address', 'passed', { command: 'ip -j addr', output: '[]' }), pairs].map(
  (each) => ({ ...each, claim: null }),
);

/** A run of a lab that passed. */
const ran = (of: Plan, more: Partial<Document> = {}): Document => ({
  ...unfinished,
  lab: of.name,
  runtime: 'netns',
  verdict: 'passed',
  walks,
  checks,
  claims: claimsIfPassed(of),
  ...more,
});
const pageOf = (of: Plan, more: Partial<Document> = {}) =>
  page(of, ran(of, more), ownCommands, '[All labs](../../README.md#labs)');

/** A part of a page, from its heading to the next one. */
const part = (text: string, heading: string) => text.split(/^(?=## )/m).find((each) => each.startsWith(heading))!;

/** What of a page is seen without a click. */
const open = (text: string) => text.replaceAll(/<details>[\s\S]*?<\/details>/g, '');

describe('page', () => {
  it('begins with the lab’s title, how to run it, and its picture', () => {
    const text = pageOf(planned());
    expect(text).to.match(/^<!-- Written by: node scripts\/pages\.js small, of plan [0-9a-f]{16} -->\n\n# small\n/);
    expect(text).to.contain('**Two hosts on a cable.**\n\n`npm run lab small` stands it up and proves it:');
    expect(text).to.contain('2 nodes, 1 pod, 1 walk, 2 checks, 1 drill.');
    expect(text).to.contain('```mermaid\nflowchart TB\n');
  });

  it('has every command of the steps, the long lists of them on demand', () => {
    const steps = part(pageOf(planned()), '## Set up');
    expect(open(steps)).to.contain('**1. Start the nodes**\n\n```\n# ip netns add a\n# ip netns add b\n```');
    expect(open(steps)).to.contain(
      'Each knows the way to the pod**\n\n```\na# ip route add 10.1.0.0/24 via 10.0.0.2\n```',
    );
    expect(open(steps)).not.to.contain('sysctl');
    const [settings, ...others] = [...steps.matchAll(/^(.*)# sysctl -eqw net.ipv4.ip_forward/gm)].map(([, at]) => at);
    expect(settings, 'one line for all places where the same is typed').to.equal('a, b, pod');
    expect(others).to.deep.equal([]);
  });

  it('has the walks hop by hop, with headers where they change', () => {
    expect(part(pageOf(planned()), '## Walks')).to.contain(
      [
        '**a pings b** (C-1)\n\n![The way that it takes](pictures/small-1.svg)\n\n```\na# ping -c 1 10.0.0.2\n',
        '1  a:eth0  It leaves',
        "             ip({ src: '10.0.0.1', ttl: 64 }), icmp({ type: 'echo request' })",
        '2  b:eth0  It arrives',
        '\nreply',
        '3  b:eth0  The answer leaves',
        "             ip({ src: '10.0.0.1', ttl: 64 }), icmp({ type: 'echo reply' })",
        '4  a:eth0  The answer arrives\n```',
      ].join('\n'),
    );
  });

  it('shows a hook with its way, and not as headers', () => {
    const way = 'nat PREROUTING > KUBE-SERVICES: dnat to 10.42.1.6:80';
    const hops = [
      hop('a:eth0', 'In', echo('echo request')),
      hookResult('a nat PREROUTING', {
        because: 'Translated',
        seen: {
          chains: ['KUBE-SERVICES'],
          ending: { verdict: 'dnat', to: '10.42.1.6:80' },
          rule: 'meta mark 1 dnat to 10.42.1.6:80',
        },
        translation: 'dst 10.0.0.9 is 10.42.1.6',
      }),
      hop('a:eth1', 'Out', echo('echo request')),
    ];
    const text = part(pageOf(planned(), { walks: [{ ...walks[0]!, hops }] }), '## Walks');
    expect(text).to.contain(
      `2  a nat PREROUTING  Translated\n                       ${way}\n${' '.repeat(25)}meta mark 1 dnat`,
    );
    expect(text).to.contain(`${' '.repeat(23)}conntrack: dst 10.0.0.9 is 10.42.1.6\n3  a:eth1            Out\n`);
  });

  it('shows the first walk, and each other one on demand', () => {
    const second = { ...walks[0]!, name: 'b < `a`' };
    const text = part(pageOf(planned(), { walks: [walks[0]!, second] }), '## Walks');
    expect(open(text)).to.contain('a pings b').and.not.to.contain('b <');
    expect(text).to.contain('<details><summary><b>b &lt; <code>a</code></b> (C-1)</summary>');
  });

  it('is the same after another run, whatever its kernels drew by lot', () => {
    const run = (address: string, port: number, ms: string) => {
      const stated = hop('a:eth0', 'It leaves', [ether({ src: address })], {
        expected: [ether({ src: mac('a:eth0') })],
      });
      const drawn = hop('b:eth0', 'It arrives', [tcp({ src: port, dst: 80, seq: port * 7, ack: port * 3 })], {
        expected: [tcp({ dst: 80 })],
      });
      const back = hop('b:eth0', 'Back', [tcp({ src: 80, dst: port })], {
        expected: [tcp({ src: 80 })],
        part: 'reply',
      });
      const output = `64 bytes: time=${ms} ms\nlink/ether ${address} brd ff:ff:ff:ff:ff:ff\nneigh 02:00:00:00:00:99\n${ms}`;
      const of = planned((lab) => {
        lab.checks = { said: { run: 'say', see: { a: lines('64 bytes') } } };
      });
      return pageOf(of, {
        walks: [{ ...walks[0]!, durationMs: port, hops: [stated, drawn, back] }],
        checks: [{ ...checkResult('said', 'passed', { output: output.replace(`\n${ms}`, '') }), claim: null }],
        durations: { ...unfinished.durations, totalMs: port },
      });
    };
    const one = run('7a:11:22:33:44:55', 40_001, '0.061');
    expect(one).to.equal(run('c2:99:88:77:66:54', 51_234, '12.5'));
    expect(one).to.contain("ether({ src: mac('a:eth0') })").and.to.contain('tcp({ src: …, dst: 80 })');
    expect(one).to.contain('tcp({ src: 80, dst: … })').and.to.contain('time=… ms');
    expect(one).to.contain('link/ether mac(a:eth0) brd ff:ff:ff:ff:ff:ff');
  });

  it('shows of a check what was typed where, and what of the output it is about', () => {
    const of = planned((lab) => {
      lab.checks = {
        many: {
          run: `\n  ip -j link\n    more`,
          see: {
            a: [json([{ mtu: 1, info: { kind: 'x' } }]), none({ dev: 'y' })],
            b: exactly({ 'odd name': null }),
            pod: [lines('second'), lacks('fifth')],
          },
        },
        cannot: { run: 'ip x', see: { a: fails('no x') } },
      };
    });
    const result = (title: string, node: string, output: string) => ({
      ...checkResult(title, 'passed', { node, output }),
      claim: null,
    });
    const long = ['first', 'second', ...Array.from({ length: 20 }, (_, i) => `row ${i}`)].join('\n');
    const results = [result('many', 'a', '[{}]'), result('many', 'b', '[{}]'), result('many', 'pod', long)];
    const text = part(pageOf(of, { checks: [...results, result('cannot', 'a', 'there is no x')] }), '## Checks');
    expect(text).to.contain(
      [
        '<details><summary>many</summary>\n\n```',
        'a# ip -j link\n     more',
        "  { mtu: 1, info: { kind: 'x' } }",
        "  nothing like { dev: 'y' }",
        'b# ip -j link\n     more',
        "  { 'odd name': null }",
        '  nothing else',
        'pod# ip -j link\n       more',
        '  …\n  second\n  …',
        "  nothing says 'fifth'\n```",
      ].join('\n'),
    );
    expect(text).to.contain('a# ip x\n  there is no x\n');
    expect(open(text).trim()).to.equal('## Checks');
  });

  it('shows of a matrix who reached whom', () => {
    expect(part(pageOf(planned()), '## Checks')).to.contain('a pings b, c: received from 1.1');
  });

  it('has the drills as exercises: hint and solution come on demand', () => {
    const drills = part(pageOf(planned()), '## Drills');
    expect(open(drills)).to.contain('**1.** ‘a pings b’: lost at `b:eth0`.').and.not.to.contain('deaf');
    expect(open(drills)).to.contain('`npm run lab -- drill small 1 --break`').and.not.to.contain('Look at b');
    expect(drills).to.contain('<details><summary>A hint</summary>\n\nLook at b\n');
    expect(drills).to.contain('b is deaf. It was broken by\n\n```\nb# ip link set eth0 down\n```');
    expect(drills).to.contain('and is mended by\n\n```\nb# ip link set eth0 up\n```');
  });

  it('says what is corrected, with the evidence, and then what is confirmed', () => {
    const of = planned((lab) => {
      lab.claims['C-2'] = { document: 'Another | one', says: 'b hears' };
      lab.checks['a reaches b'].claim = 'C-2';
    });
    const text = part(pageOf(of), '## What the documents say');
    expect(text).to.contain('**C-1** *A document* says: a reaches b.\n\n**What really happens:** Not quite\n');
    expect(text).to.match(/<summary>a has an address<\/summary>\n\n```\na# ip -j addr\n/);
    expect(text).to.contain("  { ifname: 'eth0' }");
    expect(text).to.contain('*Another | one*').and.to.contain('| C-2 | b hears | a reaches b |');
    const walked = planned((lab) => {
      lab.checks = {};
      lab.walks['a pings b'].claims = [corrects('C-1', 'Not quite.')];
    });
    expect(pageOf(walked, { checks: [] })).to.contain('**What really happens:** Not quite. See ‘a pings b’.');
  });

  it('leaves out what a lab does not have', () => {
    const bare = planned((lab) => {
      lab.checks = {};
      lab.faults = {};
      lab.walks['a pings b'].claims = [];
    });
    const headings = [...pageOf(bare, { checks: [] }).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).to.deep.equal(['Set up', 'Walks']);
  });
});

describe('stable', () => {
  const cases: [string, string][] = [
    ['rtt min/avg/max/mdev = 0.015/0.044/0.088/0.010 ms', 'rtt min/avg/max/mdev = … ms'],
    ['100% packet loss, time 198ms', '100% packet loss, time …ms'],
    [' 1  10.42.0.1  0.061 ms  0.010 ms', ' 1  10.42.0.1  … ms  … ms'],
    ['inet 10.0.0.1/24 valid_lft 86399sec', 'inet 10.0.0.1/24 valid_lft …sec'],
    ['tcp 6 431999 ESTABLISHED src=10.0.0.1 sport=40312 dport=80', 'tcp 6 … ESTABLISHED src=10.0.0.1 sport=… dport=80'],
    ['users:(("bird",pid=412,fd=7))', 'users:(("bird",pid=…,fd=7))'],
    ['net:[4026532180]', 'net:[…]'],
    ['6: eth0@if7: <UP> mtu 1500', '…: eth0@if…: <UP> mtu 1500'],
    ['7: cni0    inet 10.42.0.1/24', '…: cni0    inet 10.42.0.1/24'],
    ['32764: from 100.96.2.0/24 lookup 77', '32764: from 100.96.2.0/24 lookup 77'],
    [
      'trace id 8cfe93bd icmp id 80 @th,64,96 0x26c2 counter packets 2 bytes 9',
      'trace id … icmp id … @th,64,96 0x… counter packets … bytes …',
    ],
    ['master1 BGP up 16:04:35.123 Established', 'master1 BGP up … Established'],
    ['0.0.0.0:8472 10.0.0.1:179 10.0.0.2:45678', '0.0.0.0:8472 10.0.0.1:179 10.0.0.2:…'],
    ['lladdr 16:04:35:00:00:01', 'lladdr MAC 1'],
    ['bridge_id 8000.96:0:b5:50:a0:4c link/ether 96:00:b5:50:a0:4c', 'bridge_id 8000.MAC 1 link/ether MAC 1'],
    ['mtu 1450 ttl 62 10.42.1.9/24 vxlan id 1', 'mtu 1450 ttl 62 10.42.1.9/24 vxlan id 1'],
    ['00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01', '00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01'],
  ];
  for (const [output, written] of cases)
    it(`writes '${output}' as '${written}'`, () => expect(stable(output, planned(), new Map())).to.equal(written));

  it('numbers addresses that no walk shows, and leaves those that the lab states', () => {
    const stating = planned((lab) => {
      lab.setup['Each knows the way to the pod'].b = 'ip link set eth0 address 0a:58:64:60:02:01';
    });
    const output = '2e:00:00:00:00:01 3e:00:00:00:00:02 2e:00:00:00:00:01 0a:58:64:60:02:01';
    expect(stable(output, stating, new Map())).to.equal('MAC 1 MAC 2 MAC 1 0a:58:64:60:02:01');
  });
});

describe('isStale', () => {
  const text = pageOf(planned());
  const stale = (change: (lab: Unchecked) => void) => isStale(planned(change), text, ownCommands);

  it('is not so of a page from a run of the same plan', () => {
    expect(isStale(planned(), text, ownCommands)).to.equal(false);
  });

  it('is so of a missing page', () => expect(isStale(planned(), undefined, ownCommands)).to.equal(true));

  const changes: [string, (lab: Unchecked) => void][] = [
    ['the title', (lab) => Object.assign(lab, { title: 'Another' })],
    ['a hop', (lab) => Object.assign(lab.walks['a pings b'].request[0], { because: 'It goes' })],
    ['a check', (lab) => Object.assign(lab.checks['a has an address'], { run: 'ip -j link' })],
    ['a hint', (lab) => Object.assign(lab.faults['b is deaf'], { hint: 'Look at a' })],
    ['what a claim says', (lab) => Object.assign(lab.claims['C-1'], { says: 'b reaches a' })],
  ];
  for (const [what, change] of changes)
    it(`is so after a change of ${what}`, () => expect(stale(change)).to.equal(true));

  it('is so where a page was changed by hand, in what is known without a run', () => {
    for (const [from, to] of [
      ['Look at b', 'Look at a'],
      ['eth0 down', 'eth1 down'],
      ['flowchart TB', 'flowchart LR'],
    ] as const)
      expect(isStale(planned(), text.replace(from, to), ownCommands), from).to.equal(true);
  });
});

describe('The tables of labs and claims', () => {
  const ids = ['C-1', 'C-2', 'C-3', 'C-4'];
  const carrying = (name: string, ...carried: string[]) =>
    planned((lab) => {
      lab.title = `${name} | it`;
      lab.claims = Object.fromEntries(ids.map((id) => [id, { document: 'A document', says: `${id} | holds` }]));
      lab.checks = {};
      lab.walks['a pings b'].claims = carried;
    }, name);
  const plans = [carrying('bare'), carrying('late', 'C-1', 'C-3'), carrying('early', 'C-1', 'C-2')];

  it('have the labs in the order of the claims that are their own', () => {
    expect(inOrder(plans).map(({ name }) => name)).to.deep.equal(['early', 'late', 'bare']);
    expect(labsTable(plans).split('\n')[2]).to.equal('| [early](docs/labs/early.md) | early \\| it | 1 | 1 |');
  });

  it('have each claim with its verdict, what shows it and its labs, and name those that none carries', () => {
    const table = claimsTable(ledgerIfPassed(inOrder(plans)), ['Some', 'A document']).split('\n');
    const links = '[early](labs/early.md), [late](labs/late.md)';
    expect(table[2]).to.equal(`| C-1 | 2 | C-1 \\| holds | confirmed | a pings b | ${links} |`);
    expect(table).to.have.length(9).and.to.include('No lab proves these yet: C-4.');
    expect(table.at(-1)).to.equal('In all: 4 claims, 3 confirmed, 1 unproven.');
  });

  it('go between their marks, and nowhere else', () => {
    const written = readmeWith('# x\n<!-- labs: y -->\nformer\n<!-- /labs -->\nend\n', plans);
    expect(written).to.match(/^# x\n<!-- labs: y -->\n\n\| Lab [\s\S]*\|\n\n<!-- \/labs -->\nend\n$/);
    expect(written).not.to.contain('former');
    expect(readmeWith(written, plans)).to.equal(written);
    const claims = claimsPageWith('# x\n<!-- claims -->\n\n<!-- /claims -->\n1. *A document*\n', ledgerIfPassed(plans));
    expect(claims).to.match(/^# x\n<!-- claims -->\n\n\| Claim [\s\S]*unproven\.\n\n<!-- \/claims -->\n1\. \*A/);
    expect(claims).to.contain('| C-1 | 1 | ');
    expect(claimsPageWith(claims, ledgerIfPassed(plans))).to.equal(claims);
    expect(() => withPart('# x', 'labs', 'y')).to.throw('there is no part <!-- labs -->');
  });
});
