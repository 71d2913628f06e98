import { expect } from 'chai';
import { ether, ip, tcp } from '../../../src/index.ts';
import type { Passage } from '../../../src/judge/observation.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const links = [link('in', { addresses: ['10.77.1.1/24'] }), link('out', { addresses: ['10.77.2.1/24'] })];

/** Refused at r by a rule, beside what else stands in its tables, or did. */
const refused = (rule: string, ruleset = '', more: Partial<Loss> = {}) => {
  const passage: Passage = {
    ...({
      kind: 'passage',
      part: 'request',
      place: 'r',
      family: 'ip',
      table: 'wall',
      chain: 'fw',
      chains: [],
    } as const),
    ...{ ip: { src: '10.77.1.5', dst: '10.77.2.5', ttl: 63, id: 0, protocol: 1 }, order: 0, rule },
    ending: { verdict: 'drop' },
  };
  const way = [sighting('r:in', 'in', [ether({}), ...ping()])];
  return causes({ way, now: { r: state({ links, ruleset }) }, passages: [passage], ...more })[0];
};

const raw = (rule: string) =>
  `table ip raw {\n\tchain PREROUTING {\n\t\ttype filter hook prerouting priority raw; policy accept;\n\t\t${rule}\n\t}\n}\n`;

describe('A packet that a rule refuses', () => {
  it('is told with the rules that say how it is tracked, where it is refused for its state', () => {
    const zone = 'iifname "in" xt target CT';
    expect(refused('ct state invalid drop', raw(zone))?.supports.join()).to.contain(`zone of their own: ${zone}`);
    expect(refused('ct state untracked drop', raw('notrack'))?.supports.join()).to.contain('of no ct state: notrack');
    expect(refused('tcp dport 80 drop', raw('notrack'))?.supports).to.deep.equal([]);
  });

  it('is told with what is gone from the same table, and was about whom it was for', () => {
    const gone = (table: string, address: string) => ({
      ...({ place: 'r', what: 'firewall rule', change: 'gone', subject: `map ip ${table} ways` } as const),
      before: `map ip ${table} ways: element ${address} : goto pass`,
      sentence: `r: element ${address} is gone`,
    });
    const told = (change: ReturnType<typeof gone>) =>
      refused('ip daddr @all drop', '', { changes: [change] })?.supports;
    expect(told(gone('wall', '10.77.2.5'))).to.deep.equal(['r: element 10.77.2.5 is gone']);
    expect(told(gone('wall', '10.77.2.55'))).to.deep.equal([]);
    expect(told(gone('other', '10.77.2.5'))).to.deep.equal([]);
  });
});

describe('A call to an address that another place has now', () => {
  it('is told with the place that had it, where nobody listens', () => {
    const call = [
      ether({}),
      ip({ src: '10.77.1.5', dst: '10.77.2.5', ttl: 63, protocol: 6 }),
      tcp({ src: 4000, dst: 80, flags: 'S' }),
    ];
    const told = causes({
      way: [sighting('b:eth0', 'in', call)],
      now: { b: state({ links: [link('eth0', { addresses: ['10.77.2.5/24'] })] }) },
      changes: [
        {
          ...({ place: 'c', what: 'address', change: 'gone', subject: 'eth0' } as const),
          before: '10.77.2.5/24 dev eth0',
          sentence: 'c: address 10.77.2.5/24 dev eth0 is gone',
        },
      ],
    });
    const unheard = told.find(({ cause }) => cause === 'no socket');
    expect(unheard).to.include({ place: 'b' });
    expect(unheard?.sentence).to.contain('which had not that address when the lab was proven: c: address 10.77.2.5/24');
  });
});

describe('An answer to a source that a place gave', () => {
  const call = (src: string, dst: string, flags: string) => [
    ether({}),
    ip({ src, dst, ttl: 63, protocol: 6 }),
    tcp({ src: 4000, dst: 80, flags }),
  ];
  const there = [
    sighting('r:in', 'in', call('10.77.1.5', '10.77.2.5', 'S')),
    sighting('r:out', 'out', call('10.77.2.1', '10.77.2.5', 'S')),
  ];
  const ending = (rule: string, reason = 'NO_SOCKET') =>
    causes({
      wayThere: there,
      way: [sighting('r:out', 'in', call('10.77.2.5', '10.77.2.1', 'SA'))],
      site: { part: 'reply' },
      now: { r: state({ links, ruleset: raw(rule) }) },
      kernelDrops: [{ place: 'r', reason, location: 'tcp_v4_rcv' }] as unknown as Loss['kernelDrops'],
    } as Loss).filter(({ cause }) => cause === 'answer not translated back');

  it('ends at that place, where it is not tracked', () => {
    const [first] = ending('ip saddr 10.77.2.5 notrack');
    expect(first).to.include({ place: 'r', confidence: 'certain' });
    expect(first?.sentence).to.contain('r gave the request the source 10.77.2.1');
    expect(first?.sentence).to.contain('of no ct state: ip saddr 10.77.2.5 notrack');
  });

  it('is not said to end there where the kernel gives another reason', () => {
    expect(ending('ip saddr 10.77.2.5 notrack', 'NETFILTER_DROP')).to.deep.equal([]);
  });
});
