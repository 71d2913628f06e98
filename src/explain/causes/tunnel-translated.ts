import type { Sighting } from '../../judge/observation.ts';
import type { Header } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { openQuestions } from '../layer2/arp.ts';
import { type RuleAt, ruledPacket, rulesFor } from '../layer2/frame-rules.ts';
import { linkOf } from '../place.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import type { LinkState } from '../state/place-state.ts';
import { isTunnel, tunnelOf, vtepFor, type Wrapping, wrappingOf } from '../tunnel.ts';
import type { CauseKind, Told } from './kind.ts';
import { type End, ruleset, withoutIt, words } from './nat-rules.ts';
import { handed } from './tunnel-begin.ts';

/** An address of a tunnel's outer packet, as its device gave it and as NAT then made it. */
interface Translated {
  place: string;
  link: LinkState;
  end: End;
  was: string;
  is: string;
  rule?: RuleAt | undefined;
}

/** Of a packet that left its place wrapped, and was lost before it was unwrapped, or is listed otherwise there. */
function inFlight(facts: Facts): Translated[] {
  const { way, headers, changed } = facts.site;
  const at = way.findLastIndex((each, i) => {
    const before = way[i - 1];
    const hasLeft = before?.place === each.place && before.direction === 'out' && each.direction === 'out';
    return hasLeft && isTunnel(linkOf(facts, each.place, before.device));
  });
  const [before, sighting] = [way[at - 1], way[at]];
  const link = before && linkOf(facts, before.place, before.device);
  const wrapping = sighting && wrappingOf(sighting.headers);
  if (!link || !wrapping || wrapping.kind !== link.kind) return [];
  if (!wrappingOf(headers) && changed?.now !== sighting) return [];
  const { place } = sighting;
  return (['dst', 'src'] as const).flatMap((end) => {
    const [was, is] = [given(facts, place, link, wrapping, end), wrapping[end]];
    return !was || was === is ? [] : { place, link, end, was, is, rule: ruleFor(facts, sighting, end, was) };
  });
}

/** The address that the device itself gives the outer packet. */
function given(facts: Facts, place: string, link: LinkState, { innerMac }: Wrapping, end: End): string | undefined {
  const { local, remote } = tunnelOf(link);
  if (end === 'src') return local;
  const state = facts.now.get(place);
  return link.kind === 'vxlan' && state && innerMac ? vtepFor(state, link, innerMac.dst)?.address : remote;
}

/** The rule that may have done it, by the packet as the device gave it to the IP layer. */
function ruleFor(
  facts: Facts,
  { place, headers }: Pick<Sighting, 'place' | 'headers'>,
  end: End,
  address: string,
): RuleAt | undefined {
  const outer = headers.findIndex(({ protocol }) => protocol === 'ip');
  const before = headers.map((each, i) =>
    i === outer ? { ...each, fields: { ...each.fields, [end]: address } } : each,
  );
  const { ruleset: rules = '' } = facts.now.get(place) ?? {};
  return rulesFor(rules, ['ip', 'inet'], end === 'src' ? 'postrouting' : 'output', ruledPacket(before)).find(
    ({ text }) => words[end].rule.test(text),
  );
}

/** Of a packet that was handed to the device, whose place has a rule that gives the outer one a destination which nobody answers for. */
function beforeItLeft(facts: Facts): Translated[] {
  const here = handed(facts);
  if (!here?.vtep) return [];
  const { place, link, vtep } = here;
  const rule = ruleFor(facts, { place, headers: outerOf(link, vtep.address) }, 'dst', vtep.address);
  const is = /\bdnat (?:ip )?to ([\d.]+)/i.exec(rule?.text ?? '')?.[1];
  const isAsked = openQuestions(facts).some((each) => each.place === place && each.tpa === is);
  return rule && is && isAsked ? [{ place, link, end: 'dst', was: vtep.address, is, rule }] : [];
}

/** The outer headers that a device gives what it sends. */
function outerOf(link: LinkState, dst: string): Header[] {
  const { local: src = '', port } = tunnelOf(link);
  return [
    { protocol: 'ip', fields: { src, dst, protocol: port === undefined ? (link.kind === 'ipip' ? 4 : 47) : 17 } },
    ...(port === undefined ? [] : [{ protocol: 'udp', fields: { dst: port } }]),
  ] as Header[];
}

/** NAT gave a tunnel's packet another end than its device did, and it was lost on its way to there. */
export const tunnelTranslated: CauseKind = {
  name: 'tunnel packet translated',
  read: ['iptables-extensions(8), DNAT, SNAT and MASQUERADE', 'RFC 3022'],
  tell: (facts) =>
    [...inFlight(facts), ...beforeItLeft(facts)].map(({ place, link, end, was, is, rule }): Told => {
      const fix = rule && withoutIt(facts, place, end, rule);
      const isNew = changeOf(facts, place, 'firewall rule', ({ after }) => words[end].rule.test(after ?? ''));
      return {
        sentence: `${place} translates the ${words[end].name} of what ${link.name} sends from ${was} to ${is}${rule ? `, by the rule: ${rule.text}` : ''}`,
        confidence: end === 'dst' ? 'certain' : 'likely',
        place,
        supports: saying([isNew, `${isNew?.sentence}`]),
        show: ruleset(place, facts, end),
        ...(fix && { fix }),
        explains: [
          ...['VTEP MAC differs', 'wrong VTEP', 'tunnel remote differs', 'tunnel device missing', 'no socket'],
          ...['address that nobody has', 'neighbour unanswered', 'no route for the tunnel'],
        ],
      };
    }),
};
