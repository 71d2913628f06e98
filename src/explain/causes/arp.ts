import { refusalOf, ruledArp } from '../layer2/frame-rules.ts';
import { byRule } from '../layer2/silence.ts';
import { asking, stuckAt } from '../layer2/stuck.ts';
import { silences } from '../layer2/unanswered.ts';
import { whoIsAsked } from './arp-asked.ts';
import { perQuestion, story, toldOf } from './arp-story.ts';
import { routeBack } from './forwarding.ts';
import type { CauseKind } from './kind.ts';
import { undoing } from './routes.ts';

/** A reason for which a place that heard the request does not answer it. */
const silent = (name: string, ...read: string[]): CauseKind => ({
  name,
  read,
  tell: (facts) =>
    perQuestion(facts, (question) =>
      silences(facts, question)
        .filter(({ cause }) => cause === name)
        .map(toldOf(question)),
    ),
});

/** A request whose answer would go by another interface. */
const filteredByPath: CauseKind = {
  name: 'reverse path filter',
  read: ['RFC 3704', 'ip-sysctl: rp_filter'],
  tell: (facts) =>
    perQuestion(facts, (question) =>
      silences(facts, question)
        .filter(({ cause }) => cause === 'reverse path filter')
        .map((silence) => {
          const told = toldOf(question)(silence);
          const { place } = silence;
          const came = question.requests.find((each) => each.place === place && each.direction !== 'out');
          const change = came && question.spa && routeBack(facts, place, question.spa, came.device);
          return change ? { ...told, supports: [change.sentence], fix: undoing(place, change) } : told;
        }),
    ),
};

/** The rules of who asks keep the request or its answer from passing. */
const arpFilteredAtAsker: CauseKind = {
  name: 'ARP filtered',
  read: ['arptables-nft(8)', 'nft(8), ARP ADDRESS FAMILY'],
  tell: (facts) =>
    perQuestion(facts, (question) => {
      const { place, device, tpa, spa, sha, replies, at } = question;
      const isHeard = replies.some((each) => each.at === at && each.direction !== 'out');
      if (sha && !isHeard) return [];
      const state = facts.now.get(place);
      if (!state) return [];
      const { ruleset } = state;
      const rule = sha
        ? refusalOf(ruleset, 'arp', 'input', ruledArp('reply', { iif: device, spa: tpa, tpa: spa }))
        : refusalOf(ruleset, 'arp', 'output', ruledArp('request', { oif: device, tpa }));
      if (!rule) return [];
      const silence = byRule(place, state, rule);
      return [
        {
          ...toldOf(question)(silence),
          sentence: `${place} does not learn who has ${tpa}: ${silence.what}; ${story(question)}`,
        },
      ];
    }),
};

const noSolicitation: CauseKind = {
  name: 'no ARP requests',
  read: ['arp(7), mcast_solicit'],
  tell: (facts) =>
    perQuestion(facts, (question) => {
      const { place, device, sha } = question;
      const key = `net.ipv4.neigh.${device}.mcast_solicit`;
      if (sha || facts.now.get(place)?.sysctls[key] !== '0') return [];
      return [
        {
          sentence: `${place} asks by ARP for nobody at ${device} (${key} = 0), and needs the MAC of ${question.tpa}`,
          confidence: 'certain',
          place,
          show: [{ place, command: `sysctl ${key}` }],
          fix: { place, command: `sysctl -w ${key}=3` },
        },
      ];
    }),
};

const others = [arpFilteredAtAsker, noSolicitation, ...whoIsAsked];

/** What is certain where nothing tells why: how far the question came, and its answer. */
const unanswered: CauseKind = {
  name: 'neighbour unanswered',
  read: ['RFC 826', 'ip-neighbour(8)'],
  tell: (facts) => {
    if (stuckAt(facts).length || others.some((kind) => kind.tell(facts).length)) return [];
    return perQuestion(facts, (question) => {
      if (silences(facts, question).length) return [];
      const { place, device, tpa } = question;
      return [
        {
          sentence: `no answer to ${asking(question)} comes back: ${story(question)}`,
          confidence: 'likely',
          place,
          show: [{ place, command: `ip neigh show ${tpa} dev ${device}` }],
        },
      ];
    });
  },
};

/** Why the place where the packet waits does not learn the MAC that it is to go to. */
export const arp: CauseKind[] = [
  silent('VLAN tag', 'IEEE 802.1Q', 'ip-link(8), VLAN'),
  silent('ARP off', 'ip-link(8), arp'),
  silent('arp_ignore', 'ip-sysctl: arp_ignore'),
  silent('arp_filter', 'ip-sysctl: arp_filter'),
  silent('own address routed away', 'ip-rule(8)'),
  silent('martian source', 'ip-route(8), local'),
  silent('ARP filtered', 'arptables-nft(8)', 'nft(8), ARP ADDRESS FAMILY'),
  silent('proxy ARP without a route', 'RFC 1027', 'ip-sysctl: proxy_arp'),
  silent('proxy ARP without forwarding', 'RFC 1027', 'ip-sysctl: proxy_arp, forwarding'),
  silent('proxy ARP off', 'RFC 1027', 'ip-sysctl: proxy_arp'),
  silent('address twice', 'RFC 5227'),
  filteredByPath,
  ...others,
  unanswered,
];
