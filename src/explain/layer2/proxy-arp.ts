import type { Facts } from '../facts.ts';
import { largerSetting, ownersOf, settingOf, settingText, whoseText } from '../place.ts';
import { changeOf } from '../since.ts';
import { devicesOf, prefixOf, routeFor } from '../state/fib.ts';
import { isOf6 } from '../state/ip-lines.ts';
import type { LinkState } from '../state/place-state.ts';
import { deaf, type Heard, type Silence, silence } from './silence.ts';
import { wayTo } from './way.ts';

/** Why a place does not answer for another: proxy ARP (RFC 1027, and arp_process in net/ipv4/arp.c). */
export function proxies(facts: Facts, here: Heard, isOnly: boolean): Silence[] {
  const { place, device, state, question } = here;
  const { tpa, spa = '' } = question;
  if (facts.plan.nodes.some(({ name, kind }) => name === place && kind === 'switch')) return [];
  const isOn = largerSetting(state, device, 'proxy_arp') > 0;
  const isNamed = state.neighbours.some((each) => each.proxy && each.address === tpa && each.device === device);
  if (!isOn && !isNamed) return proxyOff(facts, here, isOnly);
  const setting = settingText(state, device, 'proxy_arp');
  const shown = settingsShown(device);
  const found = deaf(here);
  const forwards = state.sysctls[settingOf(device, 'forwarding')] !== '0';
  if (!forwards)
    found.push(
      silence(
        here,
        'proxy ARP without forwarding',
        `who does not forward answers for nobody else (${settingOf(device, 'forwarding')} = 0, ${setting})`,
        [`sysctl net.ipv4.ip_forward ${settingOf(device, 'forwarding')}`, shown],
        state.sysctls['net.ipv4.ip_forward'] === '0'
          ? 'sysctl -w net.ipv4.ip_forward=1'
          : `sysctl -w ${settingOf(device, 'forwarding')}=1`,
      ),
    );
  const route = routeFor(state, { dst: tpa, src: spa, iif: device })?.route;
  const gone = changeOf(facts, place, 'route', ({ change, before }) => change === 'gone' && holdsFor(before, tpa));
  const routeShow = [`ip route show match ${tpa}`, `ip route get ${tpa} || true`, shown];
  const add = gone?.before && `ip route add ${gone.before}`;
  if (route?.type !== 'unicast')
    found.push(
      silence(
        here,
        'proxy ARP without a route',
        `it answers for others (${setting}) only where it has a route to them, and it has ${route ? `only ${route.text}` : `no route to ${tpa}`}${gone ? `: ${gone.sentence}` : ''}`,
        routeShow,
        add || undefined,
      ),
    );
  else if (devicesOf(route).includes(device) && !largerSetting(state, device, 'proxy_arp_pvlan'))
    found.push(
      silence(
        here,
        'proxy ARP without a route',
        `it answers for others (${setting}) only where its route leads out by another interface, and ${tpa} is by ${device} itself: ${route.text}`,
        routeShow,
      ),
    );
  return found;
}

const holdsFor = (route: string | undefined, address: string) => {
  const [dst = ''] = (route ?? '').replace(/^(unicast|local|unreachable|blackhole|prohibit) /, '').split(' ');
  return dst !== '' && !isOf6({ text: route ?? '' }) && prefixOf(dst).holds(address);
};

const settingsShown = (device: string) => `sysctl net.ipv4.conf.all.proxy_arp ${settingOf(device, 'proxy_arp')}`;

/**
 * Whether a place could be meant to answer for an address: it forwards, who has the address is on no segment of who asks, and the
 * address is none of the subnet on that interface, unless a route leads to it elsewhere.
 */
function mayStandFor(facts: Facts, { state, device, link, question }: Heard, owner: Owner | undefined): boolean {
  const { tpa, spa = '', place } = question;
  const from = { place, device: question.device, direction: 'out' as const };
  const forwards = state.sysctls[settingOf(device, 'forwarding')] === '1';
  if (!forwards || (owner && wayTo(facts, from, { place: owner.place, device: owner.link.name }))) return false;
  const route = routeFor(state, { dst: tpa, src: spa, iif: device })?.route;
  const isElsewhere = route?.type === 'unicast' && !devicesOf(route).includes(device);
  const isOfSubnet = link.addresses.some((each) => prefixOf(`${each.address}/${each.prefixLength}`).holds(tpa));
  return owner ? isElsewhere : !isOfSubnet;
}

interface Owner {
  place: string;
  link: LinkState;
}

function proxyOff(facts: Facts, here: Heard, isOnly: boolean): Silence[] {
  const { place, device, question } = here;
  const { tpa } = question;
  const own = settingOf(device, 'proxy_arp');
  const changed = changeOf(
    facts,
    place,
    'setting',
    ({ subject, before }) => before === '1' && [own, 'net.ipv4.conf.all.proxy_arp'].includes(subject),
  );
  const entry = changeOf(
    facts,
    place,
    'neighbour',
    ({ change, subject, before }) => change === 'gone' && subject === tpa && / proxy\b/.test(` ${before}`),
  );
  const [owner] = ownersOf(facts, tpa);
  if (!changed && !entry && (!isOnly || !mayStandFor(facts, here, owner))) return [];
  const whose = owner
    ? `${tpa} is ${whoseText(ownersOf(facts, tpa))}, behind ${place}`
    : `${tpa} is no place’s own address`;
  return [
    {
      cause: 'proxy ARP off',
      place,
      what: `${whose}, and it does not answer for others by ${device} (${own} = 0)`,
      confidence: changed || entry ? 'certain' : 'likely',
      show: [settingsShown(device), `ip neigh show proxy dev ${device}`],
      fix: {
        place,
        command: entry ? `ip neigh add proxy ${tpa} dev ${device}` : `sysctl -w ${changed?.subject ?? own}=1`,
      },
    },
  ];
}
