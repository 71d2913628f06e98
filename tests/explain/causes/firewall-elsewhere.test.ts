import { expect } from 'chai';
import { socketsIn } from '../../../src/explain/state/queues-and-sockets.ts';
import { ether } from '../../../src/index.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const saved = (line: string, policy = 'ACCEPT [5:420]') =>
  `# Generated *filter :INPUT ACCEPT [0:0] :FORWARD ${policy} :OUTPUT ACCEPT [0:0] ${line} COMMIT # Completed`;

/** What is told of a packet that r did not forward, with what iptables-legacy-save printed there. */
const lost = (output: string) =>
  causes({
    way: [sighting('r:in', 'in', [ether({}), ...ping()])],
    now: { r: state({ links: [link('in')], routes: 'default via 10.77.2.9 dev out' }) },
    isProven: true,
    lookups: [{ place: 'r', command: 'iptables-legacy-save -c -t filter', output, ok: true }],
  }).filter(({ cause }) => cause.startsWith('firewall'));

describe('A rule that gives packets to a proxy', () => {
  const dropped = (rule: string, sockets = '') =>
    causes({
      way: [sighting('r:in', 'in', [ether({}), ...ping()])],
      now: { r: state({ links: [link('in')], sockets: socketsIn(sockets) }) },
      passages: [
        {
          ...{ kind: 'passage', part: 'request', place: 'r', family: 'ip', table: 'mangle', chain: 'PREROUTING' },
          ...{ ip: { src: '', dst: '', ttl: 63, id: 0, protocol: 6 }, order: 0, rule, ending: { verdict: 'drop' } },
          chains: [],
        },
      ],
    })[0]?.sentence;

  it('says where nobody listens for them', () => {
    const missing = 'nobody listens at r on port 9999, to which that gives it';
    expect(dropped('tcp dport 80 TPROXY --on-port 9999 --on-ip 0.0.0.0')).to.contain(missing);
    expect(dropped('tcp dport 80 tproxy to 127.0.0.1:9999')).to.contain(missing);
    expect(dropped('tcp dport 80 tproxy to :9999', 'tcp LISTEN 0 5 *:9999 *:*')).to.not.contain('nobody listens');
    expect(dropped('tcp dport 80 drop')).to.not.contain('nobody listens');
  });
});

describe('Rules that only iptables-legacy shows', () => {
  it('are told where they ended packets, with the line that takes them away', () => {
    const [first] = lost(saved('[0:0] -A FORWARD -s 10.0.0.9/32 -j DROP [2:168] -A FORWARD -p icmp -j DROP'));
    expect(first).to.include({ cause: 'firewall rule', place: 'r' });
    expect(first?.sentence).to.contain(
      'r’s FORWARD of iptables-legacy drops it, by the rule: -A FORWARD -p icmp -j DROP',
    );
    expect(first?.fix?.command).to.equal('iptables-legacy -D FORWARD -p icmp -j DROP');
  });

  it('are not, of another chain or without a packet', () => {
    expect(lost(saved('[2:168] -A INPUT -p icmp -j DROP'))).to.deep.equal([]);
    expect(lost(saved('[0:0] -A FORWARD -p icmp -j REJECT --reject-with icmp-port-unreachable'))).to.deep.equal([]);
  });

  it('are a policy, too', () => {
    const [first] = lost(saved('', 'DROP [3:252]'));
    expect(first).to.include({ cause: 'firewall policy', place: 'r' });
    expect(first?.fix?.command).to.equal('iptables-legacy -P FORWARD ACCEPT');
  });

  it('are not spoken of in the text of a rule that nft shows as well', () => {
    const [first] = causes({
      way: [sighting('r:in', 'in', [ether({}), ...ping()])],
      now: { r: state({ links: [link('in')] }) },
      passages: [
        {
          ...{
            kind: 'passage',
            part: 'request',
            place: 'r',
            family: 'ip',
            table: 'filter',
            chain: 'FORWARD',
            chains: [],
          },
          ...{ ip: { src: '', dst: '', ttl: 63, id: 0, protocol: 1 }, order: 0, rule: 'drop' },
          ...{ ending: { verdict: 'drop' }, decidedAt: { chain: 'FORWARD', position: 1 } },
        },
      ],
      lookups: [
        {
          place: 'r',
          command: 'iptables -t filter -S FORWARD 1',
          output:
            '-A FORWARD -p icmp -j DROP # Warning: iptables-legacy tables present, use iptables-legacy to see them',
          ok: true,
        },
      ],
    });
    expect(first?.sentence).to.equal('r’s filter FORWARD drops it, by the rule: -A FORWARD -p icmp -j DROP');
  });
});
