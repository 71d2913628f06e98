import type { Breaker } from '../breakages.ts';
import { crossings, type Ground, linkAt, type Port, ports } from '../stages.ts';
import { at, upAgain } from './at.ts';

/** What a port has otherwise than one that was just made a port, as bridge(8) sets it. */
const settingsAgain = ({ states }: Ground, { place, port }: Port): string[] => {
  const { portData = {} } = linkAt(states, place, port) ?? {};
  return ['hairpin', 'isolated', 'proxy_arp', 'mcast_to_unicast'].flatMap((name) =>
    portData[name] === true ? [`bridge link set dev ${port} ${name} on`] : [],
  );
};

export const ofBridges: Record<string, Breaker> = {
  'bridge port blocking': (ground, random) => {
    const here = random.pick(ports(ground));
    if (!here) return undefined;
    const state = random.pick([0, 1, 2, 4]);
    return at(here.place, 'bridge port blocking', [
      [`bridge link set dev ${here.port} state ${state}`],
      [`bridge link set dev ${here.port} state 3`],
    ]);
  },
  'port off the bridge': (ground, random) => {
    const here = random.pick(ports(ground));
    return (
      here &&
      at(here.place, 'port off the bridge', [
        [`ip link set ${here.port} nomaster`],
        [`ip link set ${here.port} master ${here.bridge}`, ...settingsAgain(ground, here)],
      ])
    );
  },
  'isolated ports': (ground, random) => {
    const all = ports(ground);
    const pairs = all.flatMap((into) =>
      all.flatMap((out) =>
        into.part === out.part &&
        into.place === out.place &&
        into.bridge === out.bridge &&
        into.port !== out.port &&
        into.direction === 'in' &&
        out.direction === 'out'
          ? [{ place: into.place, two: [into.port, out.port] }]
          : [],
      ),
    );
    const here = random.pick(pairs);
    return (
      here &&
      at(here.place, 'isolated ports', [
        here.two.map((port) => `bridge link set dev ${port} isolated on`),
        here.two.map((port) => `bridge link set dev ${port} isolated off`),
      ])
    );
  },
  'locked port': (ground, random) => {
    const here = random.pick(ports(ground).filter(({ direction }) => direction === 'in'));
    return (
      here &&
      at(here.place, 'locked port', [
        [`bridge link set dev ${here.port} learning off locked on`, `bridge fdb flush dev ${here.bridge} dynamic`],
        [`bridge link set dev ${here.port} locked off learning on`],
      ])
    );
  },
  'bridge down': (ground, random) => {
    const here = random.pick(
      ports(ground).filter(({ place, bridge }) =>
        ground.states
          .get(place)
          ?.links.some(({ name, addresses }) => name === bridge && addresses.every(({ scope }) => scope === 'link')),
      ),
    );
    return (
      here &&
      at(here.place, 'bridge down', [
        [`ip link set ${here.bridge} down`],
        upAgain(ground.states.get(here.place)!, here.bridge),
      ])
    );
  },
  'wrong forwarding entry': (ground, random) => {
    const outs = crossings(ground, 'either').flatMap(({ place, device, direction, link, headers }) => {
      const mac = String(headers.find(({ protocol }) => protocol === 'ether')?.fields.dst);
      const others = (ground.states.get(place)?.links ?? []).filter(
        ({ master, name, masterKind }) => masterKind === 'bridge' && master === link?.master && name !== device,
      );
      return direction === 'out' && link?.masterKind === 'bridge' && others.length
        ? [{ place, device, mac, others }]
        : [];
    });
    const here = random.pick(outs);
    const other = here && random.pick(here.others);
    return (
      here &&
      other &&
      at(here.place, 'wrong forwarding entry', [
        [`bridge fdb replace ${here.mac} dev ${other.name} master static`],
        // The entry follows who sends from that MAC, and stays an entry that was typed.
        [`bridge fdb del ${here.mac} dev ${other.name} master || bridge fdb del ${here.mac} dev ${here.device} master`],
      ])
    );
  },
  'flooding off': (ground, random) => {
    const here = random.pick(ports(ground, 4).filter(({ direction }) => direction === 'out'));
    const flags = ['flood', 'bcast_flood', 'mcast_flood'];
    const set = (to: 'on' | 'off') => [
      `bridge link set dev ${here?.port} ${flags.map((each) => `${each} ${to}`).join(' ')}`,
    ];
    return here && at(here.place, ['flooding off', 'no forwarding entry'], [set('off'), set('on')], { cold: true });
  },
  'no forwarding entry': (ground, random) => {
    const here = random.pick(ports(ground, 4).filter(({ direction }) => direction === 'out'));
    return (
      here &&
      at(here.place, 'no forwarding entry', [
        [`bridge link set dev ${here.port} flood off learning off`, `bridge fdb flush dev ${here.bridge} dynamic`],
        [`bridge link set dev ${here.port} flood on learning on`],
      ])
    );
  },
};
