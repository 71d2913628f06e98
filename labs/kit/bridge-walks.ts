import { at, type ExpectedHeader, ether, type Hop, mac, type Point } from 'packetwalk';
import { macs } from './ping.ts';

/** A namespace behind a bridge: its own interface, the outer end of that veth pair, which is a port, and the bridge. */
export interface Port<Host extends string = string, Name extends string = string> {
  inner: Point<Name>;
  outer: Point<Host>;
  bridge: Point<Host>;
}

type Headers = ExpectedHeader<never>[];
type Way<Host extends string, Name extends string> = Hop<Host | Name>[];

const [placeOf, deviceOf] = [0, 1].map((i) => (point: string) => point.split(':')[i]!) as [(point: string) => string, (point: string) => string];

/** Out of a namespace, up to its host, where something happens. */
export const outOf = <Host extends string, Name extends string>(
  { inner, outer, bridge }: Port<Host, Name>,
  headers: Headers,
  happens = 'The bridge is the gateway, and the gateway is the host',
): Way<Host, Name> => [
  at<Name>(inner, 'It goes to the gateway: the frame is for the bridge itself', headers),
  at<Host>(outer, `It enters ${deviceOf(bridge)} by a port`, headers),
  at<Host, Host | Name>(bridge, happens, macs(inner, bridge), headers),
];

/** From a host, where something has happened, into a namespace. */
export const into = <Host extends string, Name extends string>(
  { inner, outer, bridge }: Port<Host, Name>,
  headers: Headers,
  happened = `The address is in the subnet of ${deviceOf(bridge)}`,
): Way<Host, Name> => [
  at<Host, Host | Name>(bridge, happened, macs(bridge, inner), headers),
  at<Host, Host | Name>(outer, `It leaves by the port of that MAC, which is ${placeOf(inner)}’s`, macs(bridge, inner), headers),
  at<Name, Host | Name>(inner, 'It arrives', macs(bridge, inner), headers),
];

/** From one namespace to another, by the bridge that has both as ports. */
export const across = <Host extends string, Name extends string, Peer extends string>(
  from: Port<Host, Name>,
  to: Port<Host, Peer>,
  headers: Headers,
): Way<Host, Name | Peer> => [
  at<Name, Name | Peer>(from.inner, `Both are in one subnet: the frame is for ${placeOf(to.inner)} itself`, macs(from.inner, to.inner), headers),
  at<Host, Name | Peer>(from.outer, `It enters ${deviceOf(from.bridge)} by a port`, macs(from.inner, to.inner), headers),
  at<Host, Name | Peer>(to.outer, `It leaves by the port of that MAC, which is ${placeOf(to.inner)}’s`, macs(from.inner, to.inner), headers),
  at<Peer, Name | Peer>(to.inner, 'MACs and TTL are as they were: it was not routed', macs(from.inner, to.inner), headers),
];

/** From one namespace to all that are on its bridge, the host included. */
export const toAll = <Host extends string, Name extends string>(
  from: Port<Host, Name>,
  to: Port<Host, Name>[],
  headers: Headers,
): Way<Host, Name> => {
  const broadcast = ether({ src: mac(from.inner), dst: 'ff:ff:ff:ff:ff:ff' });
  return [
    at<Name, Name>(from.inner, 'It is for every MAC, as an ARP request is', broadcast, headers),
    at<Host, Name>(from.outer, `It enters ${deviceOf(from.bridge)} by a port`, broadcast, headers),
    ...to.flatMap(({ inner, outer }) => [
      at<Host, Name>(outer, 'It leaves by every other port', broadcast, headers),
      at<Name, Name>(inner, `So ${placeOf(inner)} gets it`, broadcast, headers),
    ]),
    at<Host, Name>(from.bridge, 'And so does the host itself', broadcast, headers),
  ];
};
