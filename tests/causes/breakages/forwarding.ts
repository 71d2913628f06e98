import { routeFor } from '../../../src/explain/state/fib.ts';
import type { Breaker } from '../breakages.ts';
import { type Ground, isOwn, routed } from '../stages.ts';
import { at, routeLine, setting } from './at.ts';

/** Places that forward the packet, and not in the other direction before that: what is typed about its source is no destination yet. */
const oneWay = (ground: Ground) => {
  const all = routed(ground);
  return all.filter(
    ({ part, place, src }) => part === 'request' || !all.some((each) => each.place === place && each.dst === src),
  );
};

export const ofForwarding: Record<string, Breaker> = {
  'reverse path filter': (ground, random) => {
    const here = random.pick(oneWay(ground));
    if (!here?.iif) return undefined;
    const { place, state, iif, src } = here;
    const other = random.pick(
      state.links.filter(({ name, flags }) => name !== 'lo' && name !== iif && flags.includes('UP')),
    );
    if (!other) return undefined;
    const own = routeFor(state, { dst: src })?.route;
    const isHost = own && (own.dst === src || own.dst === `${src}/32`);
    const was = state.sysctls[`net.ipv4.conf.${iif.replaceAll('.', '/')}.rp_filter`] ?? '0';
    return at(place, 'reverse path filter', [
      [
        ...(isHost ? [`ip route del ${routeLine(own)}`] : []),
        `ip route add ${src}/32 dev ${other.name}`,
        setting(iif, 'rp_filter', 1),
      ],
      [
        setting(iif, 'rp_filter', was),
        `ip route del ${src}/32 dev ${other.name}`,
        ...(isHost ? [`ip route add ${routeLine(own)}`] : []),
      ],
    ]);
  },
  'martian source': (ground, random) => {
    const here = random.pick(oneWay(ground).filter(({ state, src }) => !isOwn(state, src)));
    return (
      here &&
      at(
        here.place,
        ['martian source', 'address twice'],
        [[`ip address add ${here.src}/32 dev lo`], [`ip address del ${here.src}/32 dev lo`]],
      )
    );
  },
  'forwarding off': (ground, random) => {
    const here = random.pick(routed(ground));
    if (!here?.iif) return undefined;
    return random.below(2)
      ? at(
          here.place,
          ['forwarding off', 'proxy ARP without forwarding'],
          [[setting(here.iif, 'forwarding', 0)], [setting(here.iif, 'forwarding', 1)]],
        )
      : at(
          here.place,
          ['forwarding off', 'proxy ARP without forwarding'],
          [['sysctl -qw net.ipv4.ip_forward=0'], ['sysctl -qw net.ipv4.ip_forward=1']],
        );
  },
  'TTL spent': (ground, random) => {
    const here = random.pick(routed(ground));
    if (!here) return undefined;
    const rule = `PREROUTING -s ${here.src} -d ${here.dst} -j TTL --ttl-set 1`;
    return at(here.place, 'TTL spent', [[`iptables -t mangle -I ${rule}`], [`iptables -t mangle -D ${rule}`]]);
  },
  'IPsec policy': (ground, random) => {
    const here = random.pick(routed(ground, 'all'));
    if (!here) return undefined;
    const policy = `src ${here.src} dst ${here.dst} dir ${here.iif ? 'fwd' : 'out'}`;
    return at(here.place, 'IPsec policy', [
      [`ip xfrm policy add ${policy} action block`],
      [`ip xfrm policy delete ${policy}`],
    ]);
  },
  'route_localnet off': ({ walk, states }) => {
    const { from, command } = walk.send;
    const settings = Object.entries(states.get(from)?.sysctls ?? {}).flatMap(([name, value]) =>
      name.endsWith('.route_localnet') && value === '1' ? [name] : [],
    );
    if (!command.includes('127.0.0.1') || !settings.length) return undefined;
    const set = (value: number) => settings.map((name) => `sysctl -qw ${name}=${value}`);
    return at(from, 'route_localnet off', [set(0), set(1)]);
  },
};
