import type { Facts } from '../facts.ts';
import { largerSetting, linkOf, settingOf, settingText } from '../place.ts';
import { permitting } from '../rule-mends.ts';
import { devicesOf, prefixOf, routeFor } from '../state/fib.ts';
import type { LinkState, PlaceState } from '../state/place-state.ts';
import { filteredByPath } from '../way-back.ts';
import type { OpenQuestion } from './arp.ts';
import { type Refusal, refusalOf, ruledArp } from './frame-rules.ts';

/** Why a place that was asked by ARP does not answer. */
export interface Silence {
  cause: string;
  place: string;
  what: string;
  confidence: 'certain' | 'likely' | 'possible';
  show: string[];
  fix?: { place: string; command: string } | undefined;
}

/** Where a request came in, at the interface that its IP layer knows. */
export interface Heard {
  place: string;
  device: string;
  state: PlaceState;
  link: LinkState;
  question: OpenQuestion;
  /** The 802.1Q tag that it bore there. */
  tag?: number | undefined;
}

/** Whether an interface has a VLAN interface on it for a tag. */
export const hasVlan = ({ links }: PlaceState, device: string, tag: number): boolean =>
  links.some(({ kind, link, data }) => kind === 'vlan' && link === device && Number(data.id) === tag);

/** The places that heard a request, each with the interface that its IP layer had it by. */
export function heardBy(facts: Facts, question: OpenQuestion): Heard[] {
  return question.requests.flatMap(({ place, device, direction, tag }, i): Heard[] => {
    const [state, link] = [facts.now.get(place), linkOf(facts, place, device)];
    const isFirst = question.requests.findIndex((each) => each.place === place && each.device === device) === i;
    const isPart = link?.master !== undefined && link.masterKind !== 'vrf';
    if (!state || !link || direction === 'out' || place === question.place || isPart || !isFirst) return [];
    return tag && hasVlan(state, device, tag) ? [] : [{ place, device, state, link, question, tag }];
  });
}

export const silence = ({ place }: Heard, cause: string, what: string, show: string[], command?: string): Silence => {
  return { cause, place, what, confidence: 'certain', show, fix: command ? { place, command } : undefined };
};

/** What keeps a place from answering any request that comes by an interface, or from one sender. */
export function deaf(here: Heard): Silence[] {
  const { place, device, state, link, question } = here;
  const { spa = '', tpa } = question;
  const found: Silence[] = [];
  const { tag } = here;
  if (tag)
    return [
      silence(
        here,
        'VLAN tag',
        `the request came to ${device} with VLAN tag ${tag}, and no VLAN interface on ${device} takes that`,
        ['ip -d link show type vlan', `ip -br link show dev ${device}`],
      ),
    ];
  if (link.flags.includes('NOARP'))
    found.push(
      silence(
        here,
        'ARP off',
        `${device} has ARP off (NOARP)`,
        [`ip link show dev ${device} | head -1`],
        `ip link set ${device} arp on`,
      ),
    );
  const rule =
    refusalOf(state.ruleset, 'arp', 'input', ruledArp('request', { iif: device, spa, tpa })) ??
    refusalOf(state.ruleset, 'arp', 'output', ruledArp('reply', { oif: device, spa: tpa, tpa: spa }));
  if (rule) found.push(byRule(place, state, rule));
  const twin = state.links.find(({ addresses }) => addresses.some(({ address }) => address === spa));
  const own = twin?.addresses.find(({ address }) => address === spa);
  if (twin && own)
    found.push(
      silence(
        here,
        'address twice',
        `${spa}, which asks, is one of ${place}’s own addresses, too (on ${twin.name})`,
        [`ip -br address | grep -wF ${spa}`],
        `ip address del ${spa}/${own.prefixLength} dev ${twin.name}`,
      ),
    );
  if (spa && !own) found.push(...wrongPath(here, spa));
  return found;
}

/** Who asks is not where the place would send what it answers (ip-sysctl: rp_filter). */
function wrongPath(here: Heard, spa: string): Silence[] {
  const { device, state, question } = here;
  const filtered = filteredByPath(state, device, { dst: spa, src: question.tpa });
  if (!filtered) return [];
  const { setting, text, fix } = filtered;
  return [
    silence(
      here,
      'reverse path filter',
      `its reverse path filter (${setting}) takes no request from ${spa} by ${device}, as ${text}`,
      [`sysctl net.ipv4.conf.all.rp_filter ${settingOf(device, 'rp_filter')}`, `ip route get ${spa}`],
      fix,
    ),
  ];
}

/** That a rule drops ARP, or Neighbor Discovery. */
export function byRule(place: string, state: PlaceState, refusal: Refusal): Silence {
  const { family, table, chain, text, rule } = refusal;
  const command = permitting(state, refusal);
  const within = rule && rule.chain !== chain ? ` in chain ${rule.chain}` : '';
  return {
    cause: 'ARP filtered',
    place,
    what: `its ${family} ${table} ${chain} drops ${family === 'arp' ? 'ARP' : 'Neighbor Discovery'}${within}: ${text}`,
    confidence: 'likely',
    show: [`nft list chain ${family} ${table} ${rule?.chain ?? chain}`],
    fix: command ? { place, command } : undefined,
  };
}

/** ip-sysctl: arp_ignore. */
export function ignored(here: Heard): Silence[] {
  const { device, state, link, question } = here;
  const mode = largerSetting(state, device, 'arp_ignore');
  const on = state.links.find(({ addresses }) => addresses.some(({ address }) => address === question.tpa));
  const own = on?.addresses.find(({ address }) => address === question.tpa);
  const within = own && question.spa && prefixOf(`${own.address}/${own.prefixLength}`).holds(question.spa);
  const why: Record<number, string | false> = {
    1: on !== link && `it answers only for addresses of ${device} itself, and ${question.tpa} is on ${on?.name}`,
    2:
      (on !== link && `it answers only for addresses of ${device} itself, and ${question.tpa} is on ${on?.name}`) ||
      (!within && `it answers only who is in the subnet of that address, and ${question.spa} is not`),
    3: own?.scope === 'host' && `it answers for no address of scope host, as ${question.tpa} is`,
    8: 'it answers no ARP at all',
  };
  if (!why[mode]) return [];
  const setting = settingText(state, device, 'arp_ignore');
  return [
    silence(
      here,
      'arp_ignore',
      `${why[mode]} (${setting})`,
      [`sysctl net.ipv4.conf.all.arp_ignore ${settingOf(device, 'arp_ignore')}`],
      `sysctl -w ${setting.replace(/ = .*/, '')}=0`,
    ),
  ];
}

/** ip-sysctl: arp_filter. */
export function filtered(here: Heard): Silence[] {
  const { device, state, question } = here;
  if (!largerSetting(state, device, 'arp_filter') || !question.spa) return [];
  const back = routeFor(state, { dst: question.spa, src: question.tpa });
  const devices = back ? devicesOf(back.route) : [];
  if (devices.includes(device)) return [];
  const setting = settingText(state, device, 'arp_filter');
  return [
    silence(
      here,
      'arp_filter',
      `it answers only by the interface that it would send to ${question.spa} by, ${devices.join(' and ') || 'and it has no route there'} and not ${device} (${setting})`,
      [`sysctl net.ipv4.conf.all.arp_filter ${settingOf(device, 'arp_filter')}`, `ip route get ${question.spa}`],
      `sysctl -w ${setting.replace(/ = .*/, '')}=0`,
    ),
  ];
}
