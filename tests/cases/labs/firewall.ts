import { at, daemon, icmp, ip, type Lab, send, tcp, through } from '../../../src/index.ts';
import { hops, syn } from './journey.ts';

const answer = (ttl: number) => [ip({ src: '10.2.0.2', dst: '10.1.0.2', ttl }), tcp({ src: 80, flags: 'SA' })];
const echo = (src: string, ttl: number) => [ip({ src, dst: '10.2.0.2', ttl }), icmp({ type: 'echo request' })];

/** A router with a firewall in nft's own words: an inet table, and chains with names of their own. */
export const firewall: Lab = {
  title: 'A client, a firewall and a server',
  nodes: { c: 'host', r: 'router', s: 'host' },
  links: ['c:e0 10.1.0.2/24 -- r:e0 10.1.0.1/24', 's:e0 10.2.0.2/24 -- r:e1 10.2.0.1/24'],
  setup: {
    'Routes, a server and a firewall': {
      c: 'ip route add default via 10.1.0.1',
      s: [
        'ip route add default via 10.2.0.1',
        'head -c 60000 /dev/zero > /tmp/page',
        daemon('web', 'socat -U TCP4-LISTEN:80,fork,reuseaddr OPEN:/tmp/page', {
          'It listens': 'ss -ltn | grep -q :80',
        }),
      ],
      r: `
nft -f - <<'END'
table inet wall {
  set lan { type ipv4_addr; flags interval; elements = { 10.1.0.0/24 } }
  chain pass {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ip saddr @lan jump wanted
  }
  chain wanted {
    ip protocol icmp counter accept
    tcp dport 80 counter accept
  }
}
table ip translate {
  chain out { type nat hook postrouting priority srcnat; ip protocol icmp ip saddr 10.1.0.0/24 oifname "e1" snat to 10.2.0.1; }
}
END`,
    },
  },
  walks: {
    'c fetches a page': {
      send: send('c', 'timeout 2 bash -c "cat < /dev/tcp/10.2.0.2/80 | wc -c | grep 60000"'),
      request: hops(
        ['c:e0', ...syn('10.1.0.2', '10.2.0.2', 80, 64)],
        ['r:e0', ...syn('10.1.0.2', '10.2.0.2', 80, 64)],
        ['r:e1', ...syn('10.1.0.2', '10.2.0.2', 80, 63)],
        ['s:e0', ...syn('10.1.0.2', '10.2.0.2', 80, 63)],
      ),
      reply: hops(['s:e0', ...answer(64)], ['r:e1', ...answer(64)], ['r:e0', ...answer(63)], ['c:e0', ...answer(63)]),
    },
    'c pings s': {
      send: send('c', 'ping -c 1 10.2.0.2'),
      request: [
        at('c:e0', 'It leaves', echo('10.1.0.2', 64)),
        at('r:e0', 'It arrives', echo('10.1.0.2', 64)),
        through('r', 'wall pass > wanted: accept', 'The wall lets it through'),
        through('r', 'translate out: snat to 10.2.0.1', 'It is translated'),
        at('r:e1', 'It goes on', echo('10.2.0.1', 63)),
        at('s:e0', 'It arrives', echo('10.2.0.1', 63)),
      ],
    },
  },
};
