import type { Facts } from '../facts.ts';
import type { OpenQuestion } from '../layer2/arp.ts';
import { heardBy, type Silence } from '../layer2/silence.ts';
import { asking } from '../layer2/stuck.ts';
import { silences } from '../layer2/unanswered.ts';
import { wayTo } from '../layer2/way.ts';
import { largerSetting, linkOf, ownersOf } from '../place.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { isTunnel } from '../tunnel.ts';
import { perQuestion, story } from './arp-story.ts';
import type { CauseKind, Told } from './kind.ts';
import { undoing } from './routes.ts';

const stacked = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap']);

/** A macvlan hands its parent's frames to the wire alone: parent and child never hear each other. */
export const macvlanParent: CauseKind = {
  name: 'macvlan and its parent',
  read: ['ip-link(8), MACVLAN', 'Docker: macvlan network driver'],
  tell: (facts) =>
    perQuestion(facts, (question) =>
      ownersOf(facts, question.tpa).flatMap(({ place, link }): Told[] => {
        const child = `${place}:${link.name}`;
        const isChild = stacked.has(link.kind ?? '') && standsOn(facts, child, question.at);
        const own = linkOf(facts, question.place, question.device);
        const isParent = stacked.has(own?.kind ?? '') && standsOn(facts, question.at, child);
        if (!isChild && !isParent) return [];
        const [kind, below, above] = isChild ? [link.kind, question.at, child] : [own!.kind, child, question.at];
        return [
          {
            sentence: `${above} is a ${kind} on ${below}, and such a device and what it stands on never reach each other: ${asking(question)} cannot come there`,
            confidence: 'certain',
            place: question.place,
            show: [
              isChild
                ? { place, command: `ip -d link show dev ${link.name}` }
                : { place: question.place, command: `ip -d link show dev ${question.device}` },
            ],
          },
        ];
      }),
    ),
};

const standsOn = ({ wires, now }: Facts, above: string, below: string): boolean => {
  const [place = '', device = ''] = above.split(':');
  const lower = now.get(place)?.links.find(({ name }) => name === device)?.link;
  return (
    wires.before(above, 'in').some(({ at, direction }) => at === below && direction === 'in') ||
    (!!lower && below === `${place}:${lower}`)
  );
};

/** Whether a cable of the lab ends there: of those it is told for itself that they are down. */
const isCabled = ({ plan }: Facts, place: string, device: string) =>
  plan.links.some(({ ends }) => ends.some((end) => end.place === place && end.interface === device));

/** Whether who has an address would hear a request by another interface, and answer it there, as Linux does (ip-sysctl: arp_ignore, 0). */
const answersElsewhere = (facts: Facts, question: OpenQuestion, { place }: { place: string }) =>
  heardBy(facts, question).some(
    (each) => each.place === place && !largerSetting(each.state, each.device, 'arp_ignore'),
  );

const ownerDown: CauseKind = {
  name: 'address on an interface that is down',
  read: ['ip-link(8)'],
  tell: (facts) =>
    perQuestion(facts, (question) =>
      ownersOf(facts, question.tpa).flatMap((owner): Told[] => {
        const { place, link } = owner;
        const { name, flags } = link;
        const from = { place: question.place, device: question.device, direction: 'out' as const };
        const isMeant = wayTo(facts, from, { place, device: name }) !== undefined;
        if (flags.includes('UP') || isCabled(facts, place, name)) return [];
        if (!isMeant || answersElsewhere(facts, question, owner)) return [];
        const changed = changeOf(facts, place, 'link', ({ subject }) => subject === name);
        return [
          {
            sentence: `${place}:${name}, which has ${question.tpa}, is down (state DOWN), and so nobody answers ${asking(question)}; ${story(question)}`,
            confidence: 'certain',
            place,
            supports: saying([changed, `${changed?.sentence}`]),
            // Another interface of the place is not to answer for it.
            explains: ['arp_ignore'],
            show: [{ place, command: `ip -br address show dev ${name}` }],
            fix: { place, command: `ip link set ${name} up` },
          },
        ];
      }),
    ),
};

const nobodyHasIt: CauseKind = {
  name: 'address that nobody has',
  read: ['RFC 826'],
  tell: (facts) =>
    perQuestion(facts, (question) => {
      const { tpa, place, sha, replies } = question;
      const [lost] = facts.changes.filter(({ what, before }) => what === 'address' && before?.includes(tpa) === true);
      const silent = silences(facts, question);
      const areMute = !!lost && silent.length > 0 && silent.every((each) => isAsProven(facts, each));
      if (!sha || replies.length || (!areMute && (silent.length || ownersOf(facts, tpa).length))) return [];
      const rerouted = changeOf(facts, place, 'route', ({ after }) => after?.includes(tpa) === true);
      const leads = facts.now.get(place)?.routes.find(({ words }) => words.via === tpa)?.text;
      const why = (lost ?? rerouted)?.sentence ?? (leads && `${place}’s route is ${leads}`);
      return [
        {
          sentence: `nobody answers ${asking(question)}: no place of the lab ${areMute ? 'that answers for it ' : ''}has that address${why ? ` (${why})` : ''}; ${story(question)}`,
          confidence: lost || rerouted ? 'certain' : 'likely',
          place: lost?.place ?? place,
          show: [
            lost
              ? { place: lost.place, command: 'ip -br address' }
              : { place, command: `ip route show | grep -wF ${tpa} || ip route get ${tpa}` },
          ],
          ...(lost?.device
            ? { fix: { place: lost.place, command: `ip address add ${addressIn(lost.before)} dev ${lost.device}` } }
            : rerouted && !lost && { fix: undoing(place, rerouted) }),
          explains: areMute ? ['arp_ignore'] : [],
        },
      ];
    }),
};

/** Whether a place that has an address is silent by a setting that it had when all went well: another place answered for it then. */
const isAsProven = ({ changes }: Facts, { cause, place }: Silence) =>
  cause === 'arp_ignore' &&
  !changes.some((each) => each.place === place && (each.what === 'address' || each.subject.includes('arp_ignore')));

const addressIn = (text: string | undefined) => /\d+\.\d+\.\d+\.\d+(\/\d+)?/.exec(text ?? '')?.[0] ?? '';

const otherSegment: CauseKind = {
  name: 'neighbour on another segment',
  read: ['RFC 1812, section 3.3.2', 'ip-route(8), onlink and scope link'],
  tell: (facts) =>
    perQuestion(facts, (question) => {
      const { tpa, place, device, requests } = question;
      const owners = ownersOf(facts, tpa);
      const from = { place, device, direction: 'out' as const };
      const isReached = owners.some((owner) => {
        const far = { place: owner.place, device: owner.link.name };
        return requests.some((each) => each.place === owner.place) || wayTo(facts, from, far) !== undefined;
      });
      const [owner] = owners;
      const own = linkOf(facts, place, device);
      // A tunnel leads from segment to segment.
      if (isTunnel(own) && own?.kind === owner?.link.kind) return [];
      if (!owner || owner.place === place || isReached || !question.sha || stacked.has(owner.link.kind ?? ''))
        return [];
      return [
        {
          sentence: `nobody answers ${asking(question)}: ${tpa} is ${owners.map((each) => `${each.place}:${each.link.name}’s`).join(' and ')}, and no cable or bridge leads there from ${question.at}; ${story(question)}`,
          confidence: 'likely',
          place,
          show: [
            { place, command: `ip route get ${tpa}` },
            { place: owner.place, command: `ip -br address show dev ${owner.link.name}` },
          ],
        },
      ];
    }),
};

/** Why nobody on the segment has the address that is asked for. */
export const whoIsAsked: CauseKind[] = [ownerDown, otherSegment, nobodyHasIt];
