import type { Facts } from '../facts.ts';
import { ownByRoute, routedAway } from '../own-address.ts';
import { largerSetting, settingOf } from '../place.ts';
import { type Heard, type Silence, silence } from './silence.ts';

/**
 * Policy rules and routes that keep a place from answering for its own address: it answers only what it would take for its own if it
 * was a packet from who asks (arp_process, net/ipv4/arp.c).
 */
export function misled(facts: Facts, here: Heard): Silence[] {
  const { place, device, state, question } = here;
  const { by, spa, tpa } = question;
  if (by || !spa) return [];
  const incoming = { src: spa, dst: tpa, iif: device };
  const away = routedAway(facts, place, incoming);
  const back = largerSetting(state, device, 'accept_local') ? undefined : ownByRoute(facts, place, incoming);
  return [
    ...(away
      ? [
          silence(
            here,
            'own address routed away',
            `it routes what comes for ${tpa} as if that was not its own: ${since(away)}`,
            away.show,
            away.fix,
          ),
        ]
      : []),
    ...(back
      ? [
          silence(
            here,
            'martian source',
            `it takes ${spa}, which asks, for one of its own addresses (${settingOf(device, 'accept_local')} = 0): ${since(back)}`,
            back.show,
            back.fix,
          ),
        ]
      : []),
  ];
}

const since = ({ what, supports }: { what: string; supports: string[] }) => [what, ...supports].join('; ');
