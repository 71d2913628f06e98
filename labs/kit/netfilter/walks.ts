import { at, type ExpectedHeader, type Hop, icmp, ip, send, tcp, udp } from 'packetwalk';
import { reply, request } from '../ping.ts';
import { call } from '../processes.ts';
import { ask, strayAnswer, toAnother } from './ruleset.ts';

type Headers = ExpectedHeader<never>[];
type Sentences = [leaves: string, comesIn: string, goesOut: string, arrives: string];

/** From client to server or back, through the hooks of router, where its headers change. */
const crosses = (
  way: 'there' | 'back',
  [before, after]: [Headers, Headers],
  hooks: Hop<'router'>[],
  why: Sentences,
): Hop<'client' | 'router' | 'server'>[] => {
  const points = ['client:eth0', 'router:eth0', 'router:eth1', 'server:eth0'] as const;
  const [leaves, comesIn, goesOut, arrives] = way === 'there' ? points : points.toReversed();
  return [at(leaves!, why[0], before), at(comesIn!, why[1], before), ...hooks, at(goesOut!, why[2], after), at(arrives!, why[3], after)];
};

/** client pings server. */
export const pingsServer = (client: string, server: string) => ({
  send: send('client', `ping -c 1 ${server}`),
  request: crosses('there', [request(client, server), request(client, server, 63)], toAnother('router', 'NEW'), [
    'By way of the router',
    'It comes in',
    'It goes out',
    'It arrives',
  ]),
  reply: crosses('back', [reply(server, client), reply(server, client, 63)], toAnother('router', 'ESTABLISHED'), [
    'The answer',
    'The same hooks, now without nat: the connection is known',
    'It goes out',
    'The ping is answered',
  ]),
});

const segment = (src: string, dst: string, ttl: number, flags: string) => [ip({ src, dst, ttl }), tcp({ flags })];

/** client calls a port of router that is translated to one of server: the first packet, the second, and client’s last. */
export const callsTranslatedPort = (client: string, [router, port]: [string, number], [server, serves]: [string, number]) => ({
  send: send('client', call(router, port)),
  request: crosses(
    'there',
    [segment(client, router, 64, 'S'), segment(client, server, 63, 'S')],
    toAnother('router', 'NEW', `dnat to ${server}:${serves}`),
    ['For an address of the router', 'It comes in', 'nat came before the routing: it was no longer for the router', 'It arrives'],
  ),
  reply: crosses('back', [segment(server, client, 64, 'SA'), segment(router, client, 63, 'SA')], toAnother('router', 'ESTABLISHED'), [
    'The second packet of the connection',
    'No rule of nat is asked',
    'All the same the address was changed back',
    'It is what was called that answers',
  ]),
  end: crosses('there', [segment(client, router, 64, 'FA'), segment(client, server, 63, 'FA')], toAnother('router', 'ESTABLISHED'), [
    'The last packet of the client',
    'Again no rule of nat is asked',
    'It went where the first packet went',
    'The end',
  ]),
});

/** client answers server, which has not asked. */
export const answersNobody = (client: string, server: string) => ({
  send: send('client', strayAnswer(client, server)),
  request: [
    at('client:eth0', 'The second segment of a handshake, without a first', segment(client, server, 64, 'SA')),
    at('router:eth0', 'It comes in', segment(client, server, 64, 'SA')),
    ...toAnother('router', 'INVALID'),
  ],
});

/** client asks server at a UDP port where nobody listens: the answer is an ICMP error about the question. */
export const asksNobody = (client: string, server: string, port: number) => {
  const asked = (ttl: number) => [ip({ src: client, dst: server, ttl }), udp({ dst: port })];
  const refused = (ttl: number) => [ip({ src: server, dst: client, ttl }), icmp({ type: 'unreachable', code: 3 })];
  return {
    send: send('client', ask(server, port)),
    request: crosses('there', [asked(64), asked(63)], toAnother('router', 'NEW'), ['A datagram', 'It comes in', 'It goes out', 'No socket wants it']),
    reply: crosses('back', [refused(64), refused(63)], toAnother('router', 'RELATED'), [
      'The kernel says so, by ICMP',
      'It is no part of that connection, which is UDP',
      'It goes out',
      'The client reads: connection refused',
    ]),
  };
};
