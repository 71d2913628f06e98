import type { Facts } from '../facts.ts';
import { portStates } from '../layer2/crossing.ts';
import type { Problem } from '../layer2/problem.ts';
import { linkOf } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';
import { isUp } from '../tunnel.ts';
import type { CauseKind, Told } from './kind.ts';
import { suspects } from './links.ts';

interface Portless {
  place: string;
  bridge: LinkState;
  /** What is wrong with each of its ports. */
  problems: Problem[];
}

/** Bridges by which the packet was to go on that have no carrier: a bridge has one where a port of it forwards. */
const portless = (facts: Facts): Portless[] =>
  suspects(facts).flatMap(({ place, device }): Portless[] => {
    const [state, bridge] = [facts.now.get(place), linkOf(facts, place, device)];
    if (!state || bridge?.kind !== 'bridge' || !isUp(bridge) || bridge.flags.includes('LOWER_UP')) return [];
    const ports = state.links.filter(({ master }) => master === device);
    const here = { facts, crossing: { place, bridge: device }, state, bridge };
    return [
      {
        place,
        bridge,
        problems: [...ports.flatMap((port) => portStates({ ...here, in: port })), ...takenOff(facts, place, device)],
      },
    ];
  });

/** Interfaces that were ports of a bridge when the lab was proven, and are ports of none: of one bridge, or of any. */
export const takenOff = (
  { changes }: Facts,
  place: string,
  of?: string,
): (Problem & { port: string; bridge: string })[] =>
  changes.flatMap(({ place: at, what, subject, before: bridge = '', after, device: port = '' }) =>
    at === place && what === 'link' && subject === `${port}: master` && after === 'none' && bridge === (of ?? bridge)
      ? [
          {
            ...{ cause: 'port off the bridge', port, bridge, sure: true },
            what: `${port} is no port of ${bridge}, nor of another bridge (no master), and was when the lab was proven`,
            show: [`ip -d link show dev ${port} | head -1`, 'bridge link show'],
            fix: `ip link set ${port} master ${bridge}`,
          },
        ]
      : [],
  );

const withoutCarrier = (name: string, ...read: string[]): CauseKind => ({
  name,
  read,
  tell: (facts) =>
    portless(facts).flatMap(({ place, bridge, problems }) =>
      problems
        .filter(({ cause }) => cause === name)
        .map(
          ({ what, show, fix }): Told => ({
            sentence: `${place}’s bridge ${bridge.name} has no carrier (NO-CARRIER), as none of its ports forwards: ${what}`,
            confidence: problems.length > 1 ? 'likely' : 'certain',
            place,
            show: [`ip link show dev ${bridge.name}`, ...show].map((command) => ({ place, command })),
            ...(fix && { fix: { place, command: fix } }),
            entails: ['carrier down', 'no IPv6 route'],
          }),
        ),
    ),
});

/** Why a bridge by which a packet was to go on has no carrier. */
export const bridgesWithoutCarrier: CauseKind[] = [
  withoutCarrier('port off the bridge', 'ip-link(8), master', 'bridge(8)'),
  withoutCarrier('bridge port down', 'ip-link(8)'),
  withoutCarrier('bridge port without carrier', 'ip-link(8)'),
  withoutCarrier('bridge port blocking', 'bridge(8), state', 'IEEE 802.1D'),
];
