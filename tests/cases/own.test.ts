import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { watched } from '../../src/lab/read.ts';
import { hookedAmong, walkOwn } from '../../src/prove/own-walk.ts';
import { ownWalkLines } from '../../src/report/terminal/own-walk.ts';
import { type Breaking, breakIt, mendIt, type Proven, proven } from '../causes/standing.ts';
import { needsNamespaces } from '../stand.ts';
import { macvlanHost } from './labs/macvlan-host.ts';
import { byWire, natCards, tunnel } from './labs/nat-cards.ts';
import { overlay } from './labs/overlay.ts';
import { ring } from './labs/ring.ts';
import { serviceOnABridge } from './labs/service-on-a-bridge.ts';
import { twoUplinks } from './labs/two-uplinks.ts';

/** A ping of one's own in a lab, or what else is typed there, and what must be read of it. */
interface Own extends Breaking {
  from: string;
  to: string;
  command?: string;
  cause: string;
  says: string[];
}

const MOST_LINES = 45;

/** Stands a lab up, and pings in it once it is broken. */
function ownWalks(title: string, lab: Lab, all: Record<string, Own>): void {
  describe(title, () => {
    let stood: Proven;
    before(async function () {
      needsNamespaces(this);
      stood = await proven(lab);
    });
    after(() => stood?.[Symbol.asyncDispose]());

    for (const [name, each] of Object.entries(all))
      it(name, async () => {
        const { from, to, command = `ping -c 1 ${to}`, cause, says } = each;
        try {
          await breakIt(stood, each);
          const { hooked } = await hookedAmong(stood.runtime, watched(stood.plan));
          const { walk } = await walkOwn(stood, { from, command }, hooked, stood.baseline);
          const lines = ownWalkLines(walk, to, 100).map((line) => stripVTControlCharacters(line));
          const text = lines.join('\n');
          expect(walk.causes[0]?.cause, text).to.equal(cause);
          for (const word of says) expect(text.replaceAll(/\s+/g, ' '), text).to.contain(word);
          expect(lines.length, text).to.be.at.most(MOST_LINES);
        } finally {
          await mendIt(stood, each);
        }
      });
  });
}

describe('a walk of one’s own', () => {
  ownWalks('between pods of two nodes', overlay, {
    'to the pod’s own node, whose INPUT drops': {
      from: 'p1',
      to: '10.77.1.1',
      breaks: { m1: 'iptables -P INPUT DROP' },
      mends: { m1: 'iptables -P INPUT ACCEPT' },
      cause: 'firewall policy',
      says: ['policy drop', 'INPUT'],
    },
    'that has no route': {
      from: 'p1',
      to: '10.77.2.5',
      breaks: { p1: 'ip route del default' },
      mends: { p1: 'ip route add default via 10.77.1.1' },
      cause: 'no route',
      says: ['Network is unreachable', 'p1 has no route to 10.77.2.5'],
    },
  });

  ownWalks('to a neighbour of a router that translates its source', twoUplinks, {
    'to an address that nobody has a route to': {
      from: 'c',
      to: '203.0.113.9',
      breaks: { r: 'iptables -t nat -A POSTROUTING -o up1 -j SNAT --to-source 172.16.9.9' },
      mends: { r: 'iptables -t nat -F POSTROUTING' },
      cause: 'translated to an address elsewhere',
      says: [
        'r translates its source to 172.16.9.9',
        'snat to 172.16.9.9',
        'none of its own addresses',
        'Mend it: r# nft delete',
      ],
    },
    'by a table that a new rule leads to': {
      from: 'c',
      to: '203.0.113.99',
      breaks: { r: 'ip route add default via 10.92.0.2 table 79\nip rule add to 203.0.113.99 iif lan lookup 79' },
      mends: { r: 'ip rule del to 203.0.113.99 iif lan lookup 79\nip route flush table 79' },
      cause: 'wrong route',
      says: [
        'by the policy rule from all to 203.0.113.99 iif lan lookup 79',
        'Mend it: r# ip rule del from all to 203.0.113.99',
      ],
    },
    'to an address of the place that gets it': {
      from: 'c',
      to: '203.0.113.9',
      breaks: { r: 'iptables -t nat -A POSTROUTING -o up1 -j SNAT --to-source 10.92.0.2' },
      mends: { r: 'iptables -t nat -F POSTROUTING' },
      cause: 'translated to an address elsewhere',
      says: ['r translates its source to 10.92.0.2', 'but u2’s', 'Mend it: r# nft delete'],
    },
  });

  ownWalks('by the last router on its way, which translates its source', ring, {
    'to an address of the receiver’s network that nobody has': {
      from: 'a',
      to: '10.20.0.2',
      breaks: { w: 'iptables -t nat -A POSTROUTING -o eb -j SNAT --to-source 10.20.0.99' },
      mends: { w: 'iptables -t nat -F POSTROUTING' },
      cause: 'translated to an address elsewhere',
      says: ['w translates its source to 10.20.0.99', 'none of its own addresses', 'Mend it: w# nft delete'],
    },
  });

  ownWalks('to a service of a neighbour on a bridge', serviceOnABridge, {
    'whose port is isolated, as one’s own is': {
      from: 'c2',
      to: '10.96.5.5',
      command: "timeout 0.5 bash -c '</dev/tcp/10.96.5.5/80'",
      // A neighbour that is known is not asked for, so that nothing is seen behind the port by which it came.
      breaks: {
        h: 'ip neigh flush dev mybr\nping -qc 1 172.30.9.2\nbridge link set dev v1 isolated on\nbridge link set dev v2 isolated on',
      },
      mends: { h: 'bridge link set dev v1 isolated off\nbridge link set dev v2 isolated off' },
      cause: 'isolated ports',
      says: ['last seen coming in by h:v2', 'v2 and v1 are both isolated', 'h# bridge link set dev v1 isolated off'],
    },
  });

  ownWalks('by a tunnel that leads to itself', natCards, {
    'goes round, which is said once': {
      from: 'p1',
      to: '10.77.2.5',
      breaks: {
        m1: `ip link del flan${tunnel(1, 'eth0', '10.0.2.15', '10.0.2.15')}`,
        m2: `ip link del flan${tunnel(2, 'eth0', '10.0.2.15', '10.0.2.15')}`,
      },
      mends: { m1: `ip link del flan${byWire(1)}`, m2: `ip link del flan${byWire(2)}` },
      cause: 'tunnel to itself',
      says: ['10.0.2.15', 'goes round'],
    },
  });

  ownWalks('from a host to a macvlan of its own card', macvlanHost, {
    'says why nobody answers': {
      from: 'host',
      to: '192.168.50.77',
      breaks: {},
      mends: {},
      cause: 'macvlan and its parent',
      says: ['macvlan', 'eth0'],
    },
  });
});
