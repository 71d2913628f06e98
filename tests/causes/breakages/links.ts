import type { Breaker } from '../breakages.ts';
import { type Crossing, crossings, type Ground, ports } from '../stages.ts';
import { at, ipv6Again, upAgain } from './at.ts';

const LEAST_MTU = 68;
const VLAN = 4;

/** Gives an interface a smaller MTU, and the one that it had. */
const withMtu = ({ states }: Ground, { place, device, link }: Crossing, mtu: number): [string[], string[]] => [
  [`ip link set ${device} mtu ${mtu}`],
  [`ip link set ${device} mtu ${link?.mtu}`, ...ipv6Again(states.get(place)!, device)],
];

export const ofLinks: Record<string, Breaker> = {
  'MTU too small': (ground, random) => {
    const here = random.pick(
      crossings(ground).filter(
        ({ direction, link, ip }) => direction === 'out' && link && Number(ip.length) > LEAST_MTU,
      ),
    );
    if (!here?.link) return undefined;
    const mtu = LEAST_MTU + random.below(Number(here.ip.length) - LEAST_MTU);
    return at(here.place, ['MTU too small', 'receiver’s MTU too small'], withMtu(ground, here, mtu));
  },
  'receiver’s MTU too small': (ground, random) => {
    const here = random.pick(
      crossings(ground).filter(
        ({ direction, link, ip }) =>
          direction === 'in' && link?.kind === 'veth' && Number(ip.length) > LEAST_MTU + VLAN,
      ),
    );
    if (!here?.link) return undefined;
    const mtu = LEAST_MTU + random.below(Number(here.ip.length) - LEAST_MTU - VLAN);
    return at(here.place, ['receiver’s MTU too small', 'MTU too small'], withMtu(ground, here, mtu));
  },
  'queue drops': (ground, random) => {
    const here = random.pick(crossings(ground, 'either').filter(({ direction }) => direction === 'out'));
    return (
      here &&
      at(here.place, 'queue drops', [
        [`tc qdisc add dev ${here.device} root tbf rate 8kbit burst 40 limit 40`],
        [`tc qdisc del dev ${here.device} root`],
      ])
    );
  },
  'tc filter': (ground, random) => {
    const here = random.pick(crossings(ground, 'either'));
    if (!here) return undefined;
    const hook = here.direction === 'in' ? 'ingress' : 'egress';
    return at(here.place, 'tc filter', [
      [
        `tc qdisc add dev ${here.device} clsact`,
        `tc filter add dev ${here.device} ${hook} protocol ${here.family === 6 ? 'ipv6' : 'ip'} matchall action drop`,
      ],
      [`tc qdisc del dev ${here.device} clsact`],
    ]);
  },
  'bridge port down': (ground, random) => {
    const here = random.pick(ports(ground));
    return (
      here &&
      at(
        here.place,
        ['bridge port down', 'interface down', 'carrier down', 'bridge port without carrier'],
        [[`ip link set ${here.port} down`], upAgain(ground.states.get(here.place)!, here.port)],
      )
    );
  },
};
