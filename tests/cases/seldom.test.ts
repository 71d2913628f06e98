import { expect } from 'chai';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';
import { cases } from './case.ts';
import { askingTheSecond, seldom } from './labs/seldom.ts';
import { serviceOnABridge } from './labs/service-on-a-bridge.ts';

const neighbour = (last: string) => ({
  breaks: { a: `ip neigh replace 10.5.0.2 lladdr 01:80:c2:00:00:${last} dev eth0 nud permanent` },
  mends: { a: 'ip neigh del 10.5.0.2 dev eth0 || true' },
  walk: 'a pings b',
  ends: 'failed: lost at b:eth0',
});

cases('what is seldom broken', seldom, {
  'a neighbour has a MAC that bridges keep to themselves': {
    ...neighbour('0e'),
    cause: 'wrong neighbour entry',
    says: ['01:80:c2:00:00:0e', '10.5.0.2', 'a'],
    isMendedAsTold: true,
  },
  'a bridge keeps what goes to such a MAC to itself': {
    ...neighbour('02'),
    cause: 'link-local group address',
    says: ['01:80:c2:00:00:02'],
  },
  'a macvlan is down, and the card under it does not answer for it': {
    breaks: { b: 'ip link set mv0 down' },
    mends: { b: 'ip link set mv0 up' },
    walk: 'a pings the macvlan',
    cold: true,
    ends: 'failed: lost at a:eth0',
    cause: 'address on an interface that is down',
    says: ['b:mv0', '10.5.0.9', 'is down'],
    isMendedAsTold: true,
  },
  'a routing daemon has taken back a route by a neighbour whose port is off the switch': {
    breaks: { sw: 'ip link set dev b nomaster', a: 'ip route del 10.9.9.0/24' },
    mends: { sw: 'ip link set dev b master br0', a: 'ip route replace 10.9.9.0/24 via 10.5.0.2 dev eth0 proto bird' },
    walk: 'a pings what b has told of',
    ends: 'failed: lost at a:eth0',
    cause: 'port off the bridge',
    says: ['sw’s bridge br0 keeps a:eth0 from b:eth0', 'b is no port of br0', '10.9.9.0/24 via 10.5.0.2'],
  },
  'a routing daemon has a route unreachable whose neighbour is switched off': {
    breaks: { b: 'ip link set eth0 down', a: 'ip route replace unreachable 10.9.9.0/24 proto bird' },
    mends: {
      b: 'ip link set eth0 up\nip link set mv0 up',
      a: 'ip route replace 10.9.9.0/24 via 10.5.0.2 dev eth0 proto bird',
    },
    walk: 'a pings what b has told of',
    ends: 'failed: lost at a:eth0',
    cause: 'interface down',
    says: ['b keeps a:eth0 from b:eth0', 'its eth0 is down', '10.9.9.0/24'],
  },
  'a routing daemon has a route unreachable whose neighbour’s address is the place’s own, too': {
    breaks: { a: 'ip addr add 10.5.0.2/32 dev eth0\nip route replace unreachable 10.9.9.0/24 proto bird' },
    mends: {
      a: 'ip addr del 10.5.0.2/32 dev eth0\nip route replace 10.9.9.0/24 via 10.5.0.2 dev eth0 proto bird',
    },
    walk: 'a pings what b has told of',
    ends: 'failed: lost at a:eth0',
    cause: 'address twice',
    says: ['a has 10.5.0.2 itself, which is b’s', 'its eth0 has that address', '10.9.9.0/24'],
  },
  'a tunnel takes more than it can send on, and may not fragment': {
    breaks: { m1: 'ip link set eth0 mtu 1400\nip link set vx type vxlan df set' },
    mends: { m1: 'ip link set eth0 mtu 1500\nip link set vx type vxlan df unset' },
    walk: 'a big ping by the tunnel',
    ends: 'failed: lost at m1:eth0',
    cause: 'tunnel MTU too big',
    says: ['m1’s vx', '1428 bytes', '1478', 'mtu 1400', 'df set'],
  },
  'a tunnel gives what it wraps a TTL of one': {
    breaks: { m1: 'ip link set vx type vxlan ttl 1' },
    mends: { m1: 'ip link set vx type vxlan ttl auto' },
    walk: 'a big ping by the tunnel',
    ends: 'failed: differs at m1:eth0 out',
    cause: 'tunnel TTL too small',
    says: ['m1’s vx', 'ttl 1', 'spent at r'],
    isMendedAsTold: true,
  },
  'a policy rule leads what a tunnel wraps to a route of type local': {
    breaks: { m1: 'ip route add local default dev lo table 88\nip rule add pref 9 to 192.0.2.1 lookup 88' },
    mends: { m1: 'ip rule del pref 9 || true\nip route flush table 88' },
    walk: 'a big ping by the tunnel',
    ends: 'failed: lost at m1:eth0',
    cause: 'local route',
    says: ['m1’s vx wraps it for 192.0.2.1', 'takes that address for its own by the route local default dev lo'],
    isMendedAsTold: true,
  },
  'a rule gives what is wrapped a TTL of one, and not the tunnel': {
    breaks: { m1: 'iptables -t mangle -A POSTROUTING -p udp --dport 4789 -j TTL --ttl-set 1' },
    mends: { m1: 'iptables -t mangle -F POSTROUTING' },
    walk: 'a big ping by the tunnel',
    ends: 'failed: differs at m1:eth0 out',
    cause: 'TTL spent',
    says: ['r would have to forward it', 'mangle POSTROUTING'],
    isMendedAsTold: true,
  },
});

describe('a server of UDP that is bound to no address', function () {
  this.timeout(20_000);

  it('answers from another address than was asked, which is told', async function () {
    needsNamespaces(this);
    await using lab = await stand(seldom);
    const { walk } = await walkOwn(lab, { from: 'a', command: askingTheSecond }, []);
    expect(walk.verdict).to.equal('failed');
    expect(walk.causes[0], walk.evidence.join('\n')).to.include({
      cause: 'answer from another address',
      place: 'b',
      confidence: 'certain',
    });
    expect(walk.causes[0]?.sentence).to.contain('b answers from 10.5.0.2, and 10.5.0.3 was asked');
    expect(walk.causes[0]?.sentence).to.contain('bound to 0.0.0.0:17');
  });
});

describe('an address on an interface that is down', function () {
  this.timeout(20_000);

  it('is no cause where another interface answers for it', async function () {
    needsNamespaces(this);
    await using lab = await stand(seldom);
    await lab.runtime.script('b', 'sysctl -qw net.ipv4.conf.all.arp_ignore=0; ip link set mv0 down');
    await lab.runtime.script('b', `nft 'table arp f { chain i { type filter hook input priority 0; policy drop; }; }'`);
    const { walk } = await walkOwn(lab, { from: 'a', command: 'ping -c 1 10.5.0.9' }, []);
    expect(walk.causes.map(({ cause }) => cause)).to.deep.equal(['ARP filtered']);
  });
});

const perl = (lines: string, ready: string) =>
  `(setsid perl -MSocket -e '${lines}; sleep 60' >/dev/null 2>&1 &)\nuntil ${ready}; do :; done`;
const calls = (port: number) => `timeout 1 bash -c '</dev/tcp/10.5.0.2/${port}'`;
const full: Record<string, { program: string; command: string; says: string[] }> = {
  'accept queue full': {
    program: `${perl('socket S,2,1,6; bind S,sockaddr_in(8083,INADDR_ANY); listen S,0', 'ss -ltn | grep -q :8083')}
      exec 3<>/dev/tcp/10.5.0.2/8083`,
    command: calls(8083),
    says: ['b has no room for another connection to TCP port 8083', 'holds 1', 'a listen backlog of 0'],
  },
  'receive buffer full': {
    program: `${perl('socket S,2,2,17; setsockopt S,1,8,2304; bind S,sockaddr_in(8090,INADDR_ANY)', 'ss -lun | grep -q :8090')}
      for each in 1 2 3 4 5 6 7 8 9; do echo full >/dev/udp/10.5.0.2/8090; done`,
    command: "timeout 1 bash -c 'exec 3<>/dev/udp/10.5.0.2/8090; echo hi >&3; read -u 3 line'",
    says: ['the socket of UDP port 8090 at b has no room for another datagram'],
  },
};

describe('a program that does not keep up', function () {
  this.timeout(30_000);
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(seldom);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  for (const [cause, { program, command, says }] of Object.entries(full))
    it(`is told: ${cause}`, async () => {
      const { code, stderr } = await lab.runtime.script('b', `bash -c "${program.replaceAll('"', '\\"')}"`);
      expect(code, stderr).to.equal(0);
      const { walk } = await walkOwn(lab, { from: 'a', command }, []);
      expect(walk.causes[0], walk.evidence.join('\n')).to.include({ cause, place: 'b', confidence: 'certain' });
      for (const each of says) expect(walk.causes[0]?.sentence).to.contain(each);
    });
});

/** Moves an interface to a network namespace that no place is. */
const moved = (device: string) => `
  unshare -n sleep 60 >/dev/null 2>&1 &
  until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
  ip link set ${device} netns $!`;

describe('the interface of whom a packet is for', function () {
  this.timeout(20_000);

  it('has no carrier, since the other end of its cable is elsewhere', async function () {
    needsNamespaces(this);
    await using lab = await stand(serviceOnABridge);
    const { code, stderr } = await lab.runtime.script('h', `ping -qc 1 172.30.9.2${moved('v1')}`);
    expect(code, stderr).to.equal(0);
    const { walk } = await walkOwn(lab, { from: 'h', command: 'ping -c 1 172.30.9.2' }, []);
    expect(walk.causes[0], walk.evidence.join('\n')).to.include({ cause: 'carrier down', place: 'c1' });
    expect(walk.causes[0]?.sentence).to.contain('h, at the other end, has no v1');
  });
});

describe('what is for many', function () {
  this.timeout(30_000);
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(seldom);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const everybody = {
    'a group that nobody has joined': { command: 'ping -c 1 239.1.1.1', causes: ['group not joined'] },
    'all of the segment': { command: 'ping -b -c 1 255.255.255.255', causes: ['echo ignored'] },
  };
  for (const [whom, { command, causes }] of Object.entries(everybody))
    it(`is not to be forwarded: ${whom}`, async () => {
      await lab.runtime.script('a', 'ip route replace 239.0.0.0/8 dev eth0; ip route replace 255.255.255.255 dev eth0');
      const { walk } = await walkOwn(lab, { from: 'a', command }, []);
      expect(walk.verdict).to.equal('failed');
      expect(
        walk.causes.map(({ cause }) => cause),
        walk.evidence.join('\n'),
      ).to.deep.equal(causes);
    });
});
