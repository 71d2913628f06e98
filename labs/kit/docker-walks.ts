import { at, type Hop } from 'packetwalk';
import { into, outOf } from './bridge-walks.ts';
import type { Container } from './docker.ts';
import { accepted, called } from './processes.ts';

/** A container’s call to another host’s published port 8080, and the answer: both addresses are translated on the way. */
export const published = <const Host extends string, const Name extends string>(
  [there, from, source]: [host: Host, Container<Host, Name>, source: string],
  [here, to, target]: [host: Host, Container<Host, Name>, target: string],
): { request: Hop<Host | Name>[]; reply: Hop<Host | Name>[] } => ({
  request: [
    ...outOf(from, called(from.address, target, 8080)),
    at(`${there}:enp0s1`, `SNAT: the address of ${from.name} is gone`, called(source, target, 8080, 63)),
    at(`${here}:enp0s1`, 'It asks a host, since it cannot ask a container', called(source, target, 8080, 63)),
    ...into(to, called(source, to.address, 80, 62), `DNAT: from here on it is for ${to.name}, at port 80`),
  ],
  reply: [
    ...outOf(to, accepted(to.address, source, 80), `${to.name} has answered ${there}: it knows of no other`),
    at(`${here}:enp0s1`, `Conntrack has put ${here} and 8080 in the stead of ${to.name} and 80`, accepted(target, source, 8080, 63)),
    at(`${there}:enp0s1`, 'Across the segment', accepted(target, source, 8080, 63)),
    ...into(from, accepted(target, from.address, 8080, 62), `Conntrack has put the address of ${from.name} back`),
  ],
});
