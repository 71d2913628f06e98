import { expect } from 'chai';
import { container, joins, kill, makes } from '../../labs/kit/containers.ts';
import { listener } from '../../labs/kit/processes.ts';
import bridge from '../../labs/netns-bridge.ts';
import noAddress from '../../labs/netns-bridge-no-address.ts';
import veth from '../../labs/netns-veth.ts';
import sandbox from '../../labs/pod-sandbox.ts';
import type { Lab } from '../../src/lab/words.ts';
import { sendAll } from '../../src/observe/send.ts';
import { plan } from '../../src/plan/plan.ts';
import { needsNamespaces, stand } from '../stand.ts';
import { type Misspelling, type Mutation, noneInVain } from './in-vain.ts';

const listens = `${listener(80)} >/dev/null 2>&1 &\nuntil ss -ltn | grep -q :80; do sleep 0.01; done`;

const labs: [name: string, lab: Lab, mutations: Mutation[], misspellings: Misspelling[]][] = [
  [
    'netns-veth',
    veth as Lab,
    [
      ['server', 'ip link add own up type bridge', ['A link of client is nobody else’s']],
      ['server', 'ip route add 10.99.0.0/16 dev veth-server', ['A route of client is nobody else’s']],
      [
        'server',
        'ip neigh add 10.99.0.1 lladdr 02:00:00:00:00:01 dev veth-server nud permanent',
        ['A neighbour of client is nobody else’s'],
      ],
      ['host', 'iptables -A INPUT -s 10.99.0.0/16 -j DROP', ['A netfilter rule of client is nobody else’s']],
      ['server', listens, ['A socket of client is nobody else’s: there port 80 is free']],
      [
        'host',
        'ip -n client link set veth-client netns server',
        ['An end that was moved into a namespace is visible only there', 'client pings server', 'server pings client'],
      ],
      [
        'server',
        'iptables -A INPUT -p icmp -j DROP',
        ['Three pings of three are answered, both ways', 'client pings server'],
      ],
      ['client', 'iptables -t mangle -A OUTPUT -j TTL --ttl-set 63', ['client pings server', 'server pings client']],
    ],
    [
      ['Who deletes one end of a pair deletes the other', 'ip link del left', ':'],
      ['A move switches an end off and takes its address', 'ip link set mover netns client\n        state', 'state'],
      [
        'A move switches an end off and takes its address',
        "state '-n client'",
        "ip -n client link set mover up; state '-n client'",
      ],
      [
        'A move switches an end off and takes its address',
        "state '-n client'",
        "ip -n client addr add 10.98.0.1/24 dev mover; state '-n client'",
      ],
    ],
  ],
  [
    'netns-bridge',
    bridge as Lab,
    [
      ['host', 'bridge link set dev third-veth-br state 0', ['The bridge has these ports, and they forward']],
      [
        'host',
        'ip link set server1-veth-br nomaster',
        ['The document’s four pings are answered', 'client1 pings server1', 'server1 pings the bridge'],
      ],
      [
        'host',
        `ip link set client1-veth-br nomaster
        ip route add 172.30.0.11 dev client1-veth-br
        sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.client1-veth-br.proxy_arp=1 net.ipv4.conf.bridge.proxy_arp=1`,
        ['traceroute counts one hop: a bridge is none', 'client1 pings server1'],
      ],
      [
        'host',
        'bridge link set dev client1-veth-br learning off',
        ['The bridge has learned by which port it reaches whom'],
      ],
      [
        'host',
        'ip link set bridge type bridge ageing_time 0',
        ['Of 100 frames third gets none if the bridge knows the MAC, and all if not'],
      ],
      [
        'host',
        'bridge link set dev third-veth-br flood off',
        ['Of 100 frames third gets none if the bridge knows the MAC, and all if not'],
      ],
      ['host', 'bridge link set dev third-veth-br bcast_flood off', ['client1 pings everybody at once']],
      ['third', 'ip route add default via 172.30.0.1', ['Without a default route the host’s address is unreachable']],
      ['server1', 'ip route del default', ['With one, via the bridge, it answers']],
      ['client1', 'ip route del default', ['client1 pings the host’s own address']],
      [
        'host',
        'ip link set third-veth-br nomaster',
        [
          'The host asks by ARP for who is behind the port’s address, in vain',
          'third pings the address of its own port',
        ],
      ],
      ['host', 'ip addr del 172.31.0.1/24 dev third-veth-br', ['client1 pings the address of third’s port']],
    ],
    [],
  ],
  [
    'netns-bridge-no-address',
    noAddress as Lab,
    [
      ['host', 'ip addr add 10.10.0.1/24 dev br0', ['br0 has no address', 'The host itself has no way to node1']],
      ['host', 'bridge link set dev vethY state 0', ['Its ports forward all the same']],
      [
        'host',
        'ip link set vethY nomaster',
        ['Three pings of three are answered, both ways', 'node1 pings node2', 'node2 pings node1'],
      ],
    ],
    [
      ['Of all this again, taken down as the document says, nothing is left', 'ip netns delete node4', ':'],
      ['Of all this again, taken down as the document says, nothing is left', 'ip link delete br9', ':'],
      [
        'Of all this again, taken down as the document says, nothing is left',
        'ip netns delete node3',
        'ip netns exec node3 sleep 10 >/dev/null 2>&1 &\nsleep 0.1; ip netns delete node3',
      ],
    ],
  ],
  [
    'pod-sandbox',
    sandbox as Lab,
    [
      [
        'master',
        `${kill('web')}\n${container('web', makes(), listener(80))}`,
        [
          'The containers share network, IPC and UTS namespace, and nothing else',
          'Sidecar’s localhost answers as web, and so does the pod’s address',
          'web calls its node',
        ],
      ],
      [
        'master',
        `${kill('web')}\nwhile ip netns exec podA ss -ltn | grep -q :80; do sleep 0.01; done
        nsenter --target $(cat /run/sidecar) --net --ipc --uts --mount --pid ${listener(80)} >/dev/null 2>&1 &
        until ip netns exec podA ss -ltn | grep -q :80; do sleep 0.01; done
        cp /run/sidecar /run/web`,
        [
          'The containers share network, IPC and UTS namespace, and nothing else',
          'A container sees its own processes only',
          'What a container mounts, as its /proc, the others do not have',
        ],
      ],
      ['master', 'ip addr del 10.42.0.1/24 dev cni0', ['master pings the pod']],
      [
        'master',
        `${kill('sidecar')}\n${container('sidecar', makes())}`,
        ['sidecar calls web', 'Sidecar’s localhost answers as web, and so does the pod’s address'],
      ],
    ],
    [
      ['A container dies, and the next one finds its pod’s address; with pause it goes', kill('pause66'), ':'],
      [
        'A container dies, and the next one finds its pod’s address; with pause it goes',
        container('app', joins('pause66')),
        container('app', makes()),
      ],
    ],
  ],
];

for (const each of labs) noneInVain(...each);

describe('What walks of the foundations cannot say', function () {
  this.timeout(30_000);
  before(function () {
    needsNamespaces(this);
  });

  it('what enters one end of a veth pair leaves the other byte for byte', async () => {
    await using stood = await stand(plan(veth as Lab, 'netns-veth'));
    for (const { send } of stood.plan.walks) {
      const [sent] = await sendAll(stood, [{ send }]);
      const bytes = (point: string) =>
        sent!.seen.filter(({ at }) => at === point).map((frame) => frame.bytes.toString('hex'));
      expect(bytes('client:veth-client').length).to.be.at.least(2);
      expect(bytes('client:veth-client').sort()).to.deep.equal(bytes('server:veth-server').sort());
    }
  });

  it('an ARP request arrives in every namespace on the bridge, and its answer in one', async () => {
    await using stood = await stand(plan(bridge as Lab, 'netns-bridge'));
    const [sent] = await sendAll(stood, [{ send: { from: 'client1', command: 'ping -c 1 172.30.0.12' } }]);
    const arp = sent!.seen.flatMap(({ at, direction, packet }) => {
      const fields = packet().headers.find(({ protocol }) => protocol === 'arp')?.fields;
      return direction === 'out' || fields?.tpa === undefined ? [] : [`${fields.op} ${fields.tpa} at ${at}`];
    });
    expect(arp).to.include.members([
      'request 172.30.0.12 at server1:server1-veth',
      'request 172.30.0.12 at third:third-veth',
      'request 172.30.0.12 at host:bridge',
      'reply 172.30.0.11 at client1:client1-veth',
    ]);
    expect(arp).to.not.include('reply 172.30.0.11 at third:third-veth');
  });
});
