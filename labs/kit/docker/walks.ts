import { at, type Hop, send, through } from 'packetwalk';
import { into, outOf } from '../bridge-walks.ts';
import { reply, request } from '../ping.ts';
import { accepted, call, called } from '../processes.ts';
import type { Container } from './networks.ts';

/** Through Docker’s chains in filter FORWARD: its users’ own, then those that keep its bridges apart, then the published ports. */
const forwarded = <const Host extends string>(host: Host, chains: string, why: string): Hop<Host> =>
  through(host, `filter FORWARD > DOCKER-USER > DOCKER-ISOLATION-STAGE-1${chains}`, why);

const leaves = <const Host extends string>(host: Host) =>
  forwarded(host, ' > DOCKER-ISOLATION-STAGE-2: accept', 'It leaves the bridge, and goes to no other bridge');
export const mayNotCross = <const Host extends string>(host: Host) =>
  forwarded(host, ' > DOCKER-ISOLATION-STAGE-2: drop', 'It leaves the bridge, and is to go to another bridge');
const mayEnter = <const Host extends string>(host: Host) => forwarded(host, ' > DOCKER: accept', 'Into a bridge goes what is for a published port');
const mayReturn = <const Host extends string>(host: Host) => forwarded(host, ': accept', 'Into a bridge goes what answers a packet from there');

const masquerades = <const Host extends string>(host: Host): Hop<Host> =>
  through(host, 'nat POSTROUTING: masquerade', 'From here on it bears the host’s address');

/** A container pings another host. */
export const pingsHost = <const Host extends string, const Name extends string>(
  [here, from, source]: [host: Host, Container<Host, Name>, source: string],
  [there, target]: [host: Host, target: string],
) => ({
  send: send(from.name, `ping -c 1 ${target}`),
  request: [
    ...outOf(from, request(from.address, target)),
    leaves(here),
    masquerades(here),
    at(`${here}:enp0s1`, 'Routed and translated', request(source, target, 63)),
    at(`${there}:enp0s1`, 'No one outside learns of containers', request(source, target, 63)),
  ],
  reply: [
    at(`${there}:enp0s1`, `The answer is for ${here}`, reply(target, source)),
    at(`${here}:enp0s1`, 'Conntrack remembers whom it is for: nat has no rule for that', reply(target, source)),
    mayReturn(here),
    ...into(from, reply(target, from.address, 63)),
  ],
});

/** A container’s call to another host’s published port 8080, and the answer: both addresses are translated on the way. */
export const published = <const Host extends string, const Name extends string>(
  [there, from, source]: [host: Host, Container<Host, Name>, source: string],
  [here, to, target]: [host: Host, Container<Host, Name>, target: string],
) => ({
  send: send(from.name, call(target, 8080)),
  request: [
    ...outOf(from, called(from.address, target, 8080)),
    leaves(there),
    masquerades(there),
    at(`${there}:enp0s1`, `The address of ${from.name} is gone`, called(source, target, 8080, 63)),
    at(`${here}:enp0s1`, 'It asks a host, since it cannot ask a container', called(source, target, 8080, 63)),
    through(here, `nat PREROUTING > DOCKER: dnat to ${to.address}:80`, `From here on it is for ${to.name}, at port 80`),
    mayEnter(here),
    ...into(to, called(source, to.address, 80, 62)),
  ],
  reply: [
    ...outOf(to, accepted(to.address, source, 80), `${to.name} has answered ${there}: it knows of no other`),
    leaves(here),
    at(`${here}:enp0s1`, `Conntrack has put ${here} and 8080 in the stead of ${to.name} and 80`, accepted(target, source, 8080, 63)),
    at(`${there}:enp0s1`, 'Across the segment', accepted(target, source, 8080, 63)),
    mayReturn(there),
    ...into(from, accepted(target, from.address, 8080, 62), `Conntrack has put the address of ${from.name} back`),
  ],
});
