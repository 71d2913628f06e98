import type { Sighting } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import { openQuestions } from '../layer2/arp.ts';
import { isOwn } from '../packet-there.ts';
import { ownersOf, whoseText } from '../place.ts';
import { routeFor } from '../state/fib.ts';
import type { CauseKind } from './kind.ts';
import { addressOf, ruleset, translator, withoutIt } from './nat-rules.ts';

/** Where the request first got another source: as it was before, and after. */
function translatedSource({ wayThere }: Facts): { before: Sighting; after: Sighting } | undefined {
  const at = wayThere.findIndex((each, i) => {
    const before = wayThere[i - 1];
    const isSame = before?.place === each.place && before.headers.length === each.headers.length;
    return isSame && addressOf(before, 'src') !== addressOf(each, 'src');
  });
  const [before, after] = [wayThere[at - 1], wayThere[at]];
  return before && after && { before, after };
}

/** Whether what answers ends where it is, as nobody there says who has an address, or no route leads there. */
function leadsNowhere(facts: Facts, address: string): boolean {
  const { place } = facts.site;
  const state = facts.now.get(place);
  if (!state || isOwn(facts, place, address)) return false;
  const found = routeFor(state, { dst: address });
  return found?.route.type !== 'unicast' || openQuestions(facts).some(({ tpa }) => tpa === address);
}

/** The places whose interfaces the lab's cables give an address. */
const listedOwners = ({ plan }: Facts, address: string) =>
  plan.links.flatMap(({ ends }) => ends.filter((end) => end.address?.startsWith(`${address}/`)));

/** The source that a place gives a packet is none of its own addresses, so that no answer comes back there. */
export const translatedElsewhere: CauseKind = {
  name: 'translated to an address elsewhere',
  read: ['RFC 3022', 'iptables-extensions(8), SNAT'],
  tell(facts) {
    const { before, after } = translatedSource(facts) ?? {};
    const given = addressOf(after, 'src');
    if (!before || !given || isOwn(facts, before.place, given) || !leadsNowhere(facts, given)) return [];
    const { place } = before;
    const rule = translator(facts, place, 'src', before);
    const whose = whoseText([...ownersOf(facts, given), ...listedOwners(facts, given)]);
    const fix = rule && withoutIt(facts, place, 'src', rule);
    return [
      {
        sentence: `${place} translates its source to ${given}${rule ? ` by the rule ${rule.text}` : ''}, which is none of its own addresses${whose ? `, but ${whose}` : ''}: no answer comes back to ${place}`,
        confidence: 'likely',
        place,
        show: [...ruleset(place, facts, 'src'), { place: facts.site.place, command: `ip route get ${given}` }],
        ...(fix && { fix }),
        explains: ['address that nobody has', 'neighbour on another segment', 'neighbour unanswered', 'no route'],
      },
    ];
  },
};
