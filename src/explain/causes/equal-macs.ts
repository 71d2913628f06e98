import type { Sighting } from '../../judge/observation.ts';
import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { holdersOf } from '../layer2/bridged.ts';
import { type PacketThere, packetOf, packetThere } from '../packet-there.ts';
import { ipDevice, linkOf, ownersOf } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';
import type { CauseKind, Told } from './kind.ts';

/** A frame that a place took for its own by its MAC, and whom its packet is for. */
interface Taken {
  place: string;
  own: string;
  mac: string;
  packet: PacketThere;
}

function takenAt(facts: Facts, came: Sighting | undefined, packet: PacketThere | undefined): Taken[] {
  const { place, device, direction, headers } = came ?? {};
  const mac = headers?.[0]?.protocol === 'ether' ? String(headers[0].fields.dst) : undefined;
  const own = place && device && direction === 'in' ? linkOf(facts, place, ipDevice(facts, place, device)) : undefined;
  if (!place || !mac || !own || !packet) return [];
  const port = own.kind === 'bridge' ? portWith(facts, place, own, mac) : undefined;
  return own.mac === mac || port ? [{ place, own: own.mac === mac ? own.name : port!, mac, packet }] : [];
}

/** The port whose MAC a bridge takes for its own. */
const portWith = ({ now }: Facts, place: string, bridge: LinkState, mac: string): string | undefined =>
  now.get(place)?.fdb.find((each) => each.mac === mac && each.words.master === bridge.name && 'permanent' in each.words)
    ?.device;

/** Whether who put a frame out knows its MAC as that of whom its packet is for: it was not for a router. */
function isMeant(facts: Facts, { place, mac, packet: { dst } }: Taken): boolean {
  const { way } = facts.site;
  const at = way.findIndex((each) => each.place === place && each.headers[0]?.fields.dst === mac);
  const sender = way.slice(0, at).find((each) => each.direction === 'out' && each.headers[0]?.fields.dst === mac);
  const { neighbours = [], neighbours6 = [] } = (sender && facts.now.get(sender.place)) ?? {};
  return [...neighbours, ...neighbours6].some((each) => each.address === dst && each.mac === mac && !each.proxy);
}

/** Where it was lost, and before that: one that takes a frame for its own may route it on to whom it is for. */
function taken(facts: Facts): Taken[] {
  const { way, last } = facts.site;
  const isSentOn = ({ place }: Sighting, i: number) =>
    way.slice(i + 1).some((each) => each.place === place && each.direction === 'out');
  const before = way.filter(isSentOn).flatMap((each) => takenAt(facts, each, packetOf(facts, each, isIp)));
  // Of one that a bridge keeps by a port’s MAC, and sends on to nobody, its forwarding table tells.
  const here = takenAt(facts, last, packetThere(facts, isIp)).filter(
    ({ place, own }) => linkOf(facts, place, own)?.masterKind !== 'bridge',
  );
  const all = [...here, ...before.filter((each) => isMeant(facts, each))];
  return all.filter(({ place }, i) => all.findIndex((other) => other.place === place) === i);
}

/** One MAC at two places: the one that the frame came to first takes it for its own. */
const takenForOwn: CauseKind = {
  name: 'equal MACs',
  read: ['bridge(8), fdb', 'IEEE 802, section 8'],
  tell: (facts) =>
    taken(facts).flatMap(({ place, own, mac, packet: { dst } }): Told[] => {
      const owners = ownersOf(facts, dst);
      const [meant] = holdersOf(facts, mac, place).filter((each) => owners.some(({ link }) => link === each.link));
      if (!meant || owners.some((each) => each.place === place)) return [];
      return [
        {
          sentence: `${place}:${own} and ${meant.place}:${meant.link.name} have one MAC, ${mac}: ${place} takes for its own what goes to ${dst}, which is ${meant.place}’s`,
          confidence: 'certain',
          place,
          show: [
            { place, command: `ip -br link show dev ${own}` },
            { place: meant.place, command: `ip -br link show dev ${meant.link.name}` },
          ],
          entails: ['forwarding off', 'no route', 'wrong route'],
        },
      ];
    }),
};

export const equalMacs: CauseKind[] = [takenForOwn];
