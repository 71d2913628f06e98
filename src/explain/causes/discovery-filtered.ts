import type { Facts } from '../facts.ts';
import type { OpenQuestion } from '../layer2/arp.ts';
import { type Family, type Refusal, type RuledFrame, refusalOf } from '../layer2/frame-rules.ts';
import { discoveryFrames, ruledDiscovery } from '../layer2/neighbor-discovery.ts';
import { byRule } from '../layer2/silence.ts';
import { asking } from '../layer2/stuck.ts';
import { outer6 } from '../packet-there.ts';
import { ownersOf } from '../place.ts';
import { changeOf } from '../since.ts';
import { routeFor } from '../state/fib.ts';
import type { CauseKind, Told } from './kind.ts';

type Question = Pick<OpenQuestion, 'by' | 'place' | 'device' | 'at' | 'tpa' | 'spa'> & {
  /** Where it came in, and whether an answer came back. */
  heardAt: { place: string; device: string }[];
  isPutOut: boolean;
  isAnswered: boolean;
};

/** A neighbour that the place where the packet waits needs, and does not get to know. */
function unknownNeighbours(facts: Facts): Question[] {
  const { place, headers } = facts.site;
  const state = facts.now.get(place);
  const dst = outer6(headers)?.dst;
  const route = state && typeof dst === 'string' ? routeFor(state, { dst })?.route : undefined;
  const needed = route?.words.via ?? dst;
  const entry = state?.neighbours6.find(({ address, state }) => address === needed && /FAILED|INCOMPLETE/.test(state));
  if (!entry) return [];
  const { device, address: tpa } = entry;
  const at = `${place}:${device}`;
  const frames = discoveryFrames(facts).filter((each) => (each.op === 'request' ? each.tpa : each.spa) === tpa);
  const asked = frames.find((each) => each.op === 'request' && each.at === at && each.direction === 'out');
  const isAnswered = frames.some((each) => each.op === 'reply' && each.at === at && each.direction === 'in');
  return [
    {
      ...{ by: 'Neighbor Discovery', place, device, at, tpa, isAnswered },
      ...(asked && { spa: asked.spa }),
      heardAt: frames.filter(({ op, direction }) => op === 'request' && direction === 'in'),
      isPutOut: asked !== undefined,
    },
  ];
}

/** What refuses a frame of Neighbor Discovery that comes to a place, or is to leave it. */
function refusedAt(facts: Facts, place: string, hooks: string[], frame: RuledFrame): Refusal | undefined {
  const ruleset = facts.now.get(place)?.ruleset ?? '';
  const families: Family[] = ['ip6', 'inet'];
  return families.flatMap((family) => hooks.flatMap((hook) => refusalOf(ruleset, family, hook, frame) ?? []))[0];
}

const [IN, OUT] = [
  ['prerouting', 'input'],
  ['output', 'postrouting'],
];

function atAsker(facts: Facts, { place, device, isAnswered, isPutOut, ...ends }: Question): Refusal | undefined {
  if (isAnswered) return refusedAt(facts, place, IN, ruledDiscovery('reply', device, undefined, ends));
  return isPutOut ? undefined : refusedAt(facts, place, OUT, ruledDiscovery('request', undefined, device, ends));
}

const atOwner = (facts: Facts, { spa, tpa }: Question, { place, device }: Question['heardAt'][number]) =>
  refusedAt(facts, place, IN, ruledDiscovery('request', device, undefined, { ...(spa && { spa }), tpa })) ??
  refusedAt(facts, place, OUT, ruledDiscovery('reply', undefined, device, { ...(spa && { spa }), tpa }));

function toldBy(facts: Facts, place: string, refusal: Refusal, begins: string): Told[] {
  const state = facts.now.get(place);
  if (!state) return [];
  const { what, confidence, show, fix } = byRule(place, state, refusal);
  const isNew = changeOf(
    facts,
    place,
    'firewall rule',
    ({ after }) => after !== undefined && refusal.text.includes(after),
  );
  return [
    {
      sentence: `${begins}: ${what}`,
      confidence,
      place,
      supports: isNew ? [isNew.sentence] : [],
      show: show.map((command) => ({ place, command })),
      ...(fix && { fix }),
    },
  ];
}

/** A rule, or a policy, keeps those apart who would learn each other's MAC (RFC 4890 says what must not be dropped). */
export const discoveryFiltered: CauseKind = {
  name: 'Neighbor Discovery filtered',
  read: ['RFC 4861, section 7.2', 'RFC 4890, section 4.4', 'nft(8), ip6tables(8)'],
  tell: (facts) =>
    unknownNeighbours(facts).flatMap((question) => {
      const { place, tpa, heardAt, isAnswered } = question;
      const own = atAsker(facts, question);
      if (own) return toldBy(facts, place, own, `${place} does not learn who has ${tpa}`);
      if (isAnswered) return [];
      const owners = new Set(ownersOf(facts, tpa).map((owner) => owner.place));
      return heardAt
        .filter((heard) => owners.has(heard.place))
        .slice(0, 1)
        .flatMap((heard) => {
          const refusal = atOwner(facts, question, heard);
          const begins = `${heard.place} does not answer ${asking(question)}`;
          return refusal ? toldBy(facts, heard.place, refusal, begins) : [];
        });
    }),
};
