import type { Facts } from '../facts.ts';
import { packetThere } from '../packet-there.ts';
import { prefixOf } from '../state/fib.ts';
import type { CauseKind } from './kind.ts';
import { handed } from './tunnel-begin.ts';

interface Prefix {
  place: string;
  device: string;
  address: string;
  /** How long the prefix is that the lab gives, and how long it is. */
  given: number;
  is: number;
}

/** Addresses whose prefix has another length than the lab gives them. */
const otherPrefixes = ({ plan, now }: Facts): Prefix[] =>
  plan.links.flatMap(({ ends }) =>
    ends.flatMap(({ place, interface: device, address: text }) => {
      const [address, length] = text?.split('/') ?? [];
      const has = now
        .get(place)
        ?.links.find(({ name }) => name === device)
        ?.addresses.find((each) => each.address === address);
      const given = Number(length);
      return address && has && given && has.prefixLength !== given
        ? [{ place, device, address, given, is: has.prefixLength }]
        : [];
    }),
  );

/** The addresses that a place had to send something to: those that what was seen there is for, and whom it answers. */
function addressesAt(facts: Facts, place: string): Set<string> {
  const { site, wayThere } = facts;
  const sightings = [...wayThere, ...site.way].filter((each) => each.place === place);
  const there = place === site.place ? packetThere(facts)?.dst : undefined;
  const ends = sightings.flatMap(({ headers, direction }) =>
    headers.flatMap(({ protocol, fields }) =>
      protocol === 'ip' ? [String(fields.dst), ...(direction === 'in' ? [String(fields.src)] : [])] : [],
    ),
  );
  const wraps = handed(facts);
  const vtep = wraps?.place === place ? wraps.vtep?.address : undefined;
  return new Set([there, vtep, ...ends].flatMap((each) => each ?? []));
}

/** Which addresses are neighbours, and which one is the broadcast, follows from the length of an interface's prefix. */
const prefixLength: CauseKind = {
  name: 'prefix length differs',
  read: ['ip-address(8)', 'RFC 4632'],
  tell(facts) {
    return otherPrefixes(facts).flatMap(({ place, device, address, given, is }) => {
      const [within, now] = [given, is].map((length) => prefixOf(`${address}/${length}`));
      const dst = [...addressesAt(facts, place)].find((each) => within!.holds(each) !== now!.holds(each));
      if (dst === undefined) return [];
      return [
        {
          sentence: `${place}’s ${device} has ${address}/${is}, where the lab gives it ${address}/${given}: ${dst} is ${now!.holds(dst) ? 'within' : 'not within'} its network`,
          confidence: 'likely' as const,
          place,
          show: [{ place, command: `ip -br address show dev ${device}` }],
          fix: {
            place,
            command: `ip address add ${address}/${given} dev ${device} && ip address del ${address}/${is} dev ${device}`,
          },
          entails: [
            'no route',
            'no route for the tunnel',
            'wrong route',
            'address that nobody has',
            'neighbour unanswered',
          ],
          explains: ['proxy ARP off', 'neighbour on another segment', 'forwarding off', 'no route'],
        },
      ];
    });
  },
};

export const prefixLengths: CauseKind[] = [prefixLength];
