import { type Check, lacks, lines } from 'packetwalk';
import { holds } from '../keepalived.ts';
import { program } from '../program.ts';
import { until } from '../until.ts';
import { backends, balancers, nodePort, type Place, router, vip } from './cluster.ts';

type Checks<Claim extends string> = Record<string, Check<Place, Claim>>;

/** Calls the VIP so often, or until a gap is over, or until one pod alone answers; waits so many seconds for each answer. */
const callsThrough = (until: number | 'gap' | 'podD', patienceS: number) => `perl /run/call-through ${vip} 80 ${patienceS} ${until}`;

/** A datagram to port 9: who is cut off comes back. */
const tells = (address: string) => `bash -c "echo > /dev/udp/${address}/9"`;

/** Who was cut off still takes itself for the holder. It comes back with less than the other’s priority, and so takes the address anew. */
const comesBack = `${until(`! ${holds(router)}`)}; echo 0 > /run/duty; ${until(holds(router))}`;

/** One command, which is the client’s where the client is, that of the one who is cut off there, and elsewhere that of lb2. */
const each = (client: string, cutOff: string, lb2 = 'false') =>
  `if [ -e /run/call-through ]; then ${client}\nelif [ -e /run/cut-off ]; then ${cutOff}\nelse ${lb2}\nfi`;

/** At a proxy: it leads to both nodes again, after a time in which it reached one, or none. */
const leadsToBoth = until(`[ $(perl /run/http-get 127.0.0.1:80 shop.example / / | cut -d ' ' -f 2 | sort -u | wc -l) = 2 ]`);

/** Steps: what the checks below are typed with. */
export const witnesses = {
  'Have at hand what calls again and again, and what cuts a node off': {
    client: program('load-balancers/call-through', '/run/call-through'),
    lb1: [program('load-balancers/cut-off', '/run/cut-off'), program('servers/http-get', '/run/http-get')],
    node1: program('load-balancers/cut-off', '/run/cut-off'),
  },
};

/** Where the address is, what becomes of calls while it moves, and while a node is dead. `isIdle` succeeds while the proxy waits for no node. */
export const checks = <Claim extends string>(claim: Claim, isIdle: string): Checks<Claim> => ({
  'The VIP is at lb1, and at lb1 alone': {
    claim,
    run: `ip -4 -br address show dev ${router.device}`,
    within: '10 s',
    see: { lb1: lines(router.vip), lb2: lacks(router.vip) },
  },
  'Of a hundred calls either node gets fifty': {
    claim,
    run: callsThrough(100, 5),
    see: { client: lines('answered by podC 50', 'answered by podD 50') },
  },
  'lb1 is cut off: calls are lost until lb2 has the VIP, then all are answered; and lb1 gets it back': {
    claim,
    changes: true,
    run: each(
      `${callsThrough('gap', 0.5)}; ${tells(balancers.lb1.address)}`,
      `sh /run/cut-off 40 80 && echo -150 > /run/duty; ${comesBack}; ${leadsToBoth}; ${until(isIdle)}; echo 'it is back'`,
      `${until(holds(router))}; echo 'lb2 takes over'; ${until(`! ${holds(router)}`)}; echo 'lb2 gives it back'`,
    ),
    see: {
      client: [lines('answered by podC', 'answered by podD', 'silent', 'the last call was answered'), lacks('answered 5')],
      lb1: lines('it is cut off', 'it is back'),
      lb2: lines('lb2 takes over', 'lb2 gives it back'),
    },
  },
  'node1 is cut off: its calls go to node2, and none is lost': {
    claim,
    changes: true,
    run: each(`${callsThrough('podD', 10)}; ${tells(backends.node1.address)}`, `sh /run/cut-off 20 ${nodePort}`),
    see: {
      client: [
        lines('answered by podC', 'answered by podD', 'the last call was answered'),
        lacks('silent', 'refused', 'reset', 'cut short', 'answered 5'),
      ],
      node1: lines('it is cut off'),
    },
  },
});
