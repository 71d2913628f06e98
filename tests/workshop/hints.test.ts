import { expect } from 'chai';
import type { Difference } from '../../src/explain/state/compare.ts';
import { differenceText, linesFor, undone, whereToLook } from '../../src/workshop/hints.ts';

const gone = (what: Difference['what'], before: string, place = 'n'): Difference => ({
  place,
  what,
  change: 'gone',
  subject: before.split(' ')[0]!,
  before,
  sentence: '',
});

const lines = [
  'ip link add cni0 type bridge',
  'ip link set vethA master cni0',
  'ip addr add 10.42.0.1/24 dev cni0',
  'ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink',
  'ip route add 10.42.2.0/24 via 10.42.2.0 dev flannel.1 onlink',
  'bridge fdb add 62:c8:a9:ce:ca:4e dev flannel.1 dst 192.168.205.3',
  'echo 1 > /proc/sys/net/ipv4/conf/eth0/proxy_arp',
];
const named = (...found: Difference[]) => linesFor([{ place: 'n', lines }], found).flatMap((each) => each.lines);

describe('a hint', () => {
  it('says where to look: the place, and the command that shows it', () => {
    expect(
      whereToLook([gone('route', '10.42.1.0/24 dev flannel.1'), gone('address', '10.0.0.1/24 dev a', 'm')]),
    ).to.deep.equal(['Look on n: `ip route show table all`', 'Look on m: `ip addr`']);
  });

  it('says what differs, from what is to be', () => {
    expect(differenceText(gone('route', '10.42.1.0/24 dev flannel.1'))).to.equal(
      'route 10.42.1.0/24 dev flannel.1 is missing',
    );
    expect(
      differenceText({
        place: 'n',
        what: 'link',
        change: 'other',
        subject: 'eth0: mtu',
        before: '1450',
        after: '1500',
        sentence: '',
      }),
    ).to.equal('link eth0: mtu is 1500, and should be 1450');
  });

  it('names the line that leads to what is missing, of several that are alike', () => {
    expect(named(gone('route', '10.42.2.0/24 via 10.42.2.0 dev flannel.1 onlink'))).to.deep.equal([lines[4]]);
    expect(named(gone('address', '10.42.0.1/24 dev cni0'))).to.deep.equal([lines[2]]);
    expect(named(gone('fdb entry', '62:c8:a9:ce:ca:4e dev flannel.1 dst 192.168.205.3'))).to.deep.equal([lines[5]]);
    expect(named(gone('link', 'cni0'))).to.include(lines[0]);
  });

  it('knows what was there before a step, unless a line of the step names it', () => {
    const [link, route] = [gone('link', 'cni1'), gone('route', '10.9.0.0/16 dev cni1')];
    const before = [link, gone('link', 'cni0')];
    expect(undone([link, route], before, [{ place: 'n', lines }])).to.deep.equal([link]);
    expect(undone([gone('link', 'cni0')], before, [{ place: 'n', lines }])).to.deep.equal([]);
    expect(undone([gone('link', 'cni0')], before, [{ place: 'm', lines }])).to.deep.equal([gone('link', 'cni0')]);
  });

  it('knows a setting by its path', () => {
    expect(named(gone('setting', 'net.ipv4.conf.eth0.proxy_arp = 1'))).to.deep.equal([lines[6]]);
  });

  it('names no line where none has to do with what differs', () => {
    expect(named(gone('daemon', 'etcd'))).to.deep.equal([]);
  });
});
