import { type Check, lacks, lines } from 'packetwalk';
import { until, within } from '../until.ts';
import type { Place } from './network.ts';
import { client, router, servers, vip } from './network.ts';

/** Succeeds where dr2 answers six calls, one after the other. */
const allByDr2 = `[ "$(timeout 3 perl /run/http-get ${vip}:81 shop.example / / / / / / | cut -d ' ' -f 2 | tr '\\n' ' ')" = '${'dr2: '.repeat(6)}' ]`;

type Checks = Record<string, Check<Place, 'LB-03'>>;

const entry = (server: keyof typeof servers, how: string) => `-> ${servers[server].address}:${servers[server].port} ${how} 1`;

/** Succeeds while IPVS leads to dr1. */
const leads = `ipvsadm -Ln | grep -qF '${servers.dr1.address}:${servers.dr1.port} '`;

export const checks: Checks = {
  'keepalived has written each virtual server into IPVS, with its real servers, on both directors': {
    claim: 'LB-03',
    run: 'ipvsadm -Ln',
    within: '30 s',
    see: Object.fromEntries(
      (['lb1', 'lb2'] as const).map((director) => [
        director,
        lines(
          `TCP ${vip}:80 rr`,
          entry('nat1', 'Masq'),
          `TCP ${vip}:81 rr`,
          entry('dr1', 'Route'),
          entry('dr2', 'Route'),
          `TCP ${vip}:82 rr`,
          entry('tun1', 'Tunnel'),
        ),
      ]),
    ),
  },
  'The VIP is at lb1, and at lb2 not': {
    claim: 'LB-03',
    run: `ip -4 -br address show dev ${router.device}`,
    within: '10 s',
    see: { lb1: lines(router.vip), lb2: lacks(router.vip) },
  },
  'By each of the three ways a real server sees the client itself': {
    claim: 'LB-03',
    // Which of dr1 and dr2 has the first call depends on who had the last one.
    run: `for port in 80 81 81 82; do perl /run/http-get ${vip}:$port shop.example /; done | sort`,
    see: {
      client: lines(
        ...Object.keys(servers)
          .sort()
          .map((name) => `200 ${name}: shop.example/ for -, called by ${client}`),
      ),
    },
  },
  'No process listens at the VIP’s ports on a director': {
    claim: 'LB-03',
    run: 'ss -Hltn; echo "that is all"',
    see: { lb1: [lines('that is all'), lacks('LISTEN')] },
  },
  'dr1 is cut off: the health check takes it out, dr2 has all calls, and it is put back once it answers': {
    claim: 'LB-03',
    changes: true,
    // A check has half a minute; dr1 is told that it is over, whatever has come of it.
    run: `if [ -e /run/http-get ]; then ${within(allByDr2, 22)} && echo 'dr2 has six calls of six'; bash -c "echo > /dev/udp/${servers.dr1.address}/9"
elif [ -e /run/cut-off ]; then sh /run/cut-off 1 81
else ${until(`! ${leads}`)}; echo 'dr1 is out'; ${until(leads, 60)}; echo 'dr1 is back'
fi`,
    see: {
      client: lines('dr2 has six calls of six'),
      dr1: lines('it is cut off'),
      lb1: lines('dr1 is out', 'dr1 is back'),
    },
  },
};
