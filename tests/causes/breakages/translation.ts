import type { Breaker } from '../breakages.ts';
import { crossings, delivered, routed, translated } from '../stages.ts';
import { at } from './at.ts';

export const ofTranslation: Record<string, Breaker> = {
  'source not translated': (ground, random) => {
    const here = random.pick(translated(ground).filter(({ part, end }) => part === 'request' && end === 'src'));
    if (!here) return undefined;
    const rule = `POSTROUTING -s ${here.was} -j ACCEPT`;
    return at(
      here.place,
      ['source not translated', 'answer bypasses translation', 'no route'],
      [[`iptables -t nat -I ${rule}`], [`iptables -t nat -D ${rule}`]],
    );
  },
  'destination not translated': (ground, random) => {
    const here = random.pick(translated(ground).filter(({ part, end }) => part === 'request' && end === 'dst'));
    if (!here) return undefined;
    const chain = here.before.direction === 'in' ? 'PREROUTING' : 'OUTPUT';
    const rule = `${chain} -d ${here.was} -j ACCEPT`;
    return at(here.place, 'destination not translated', [
      [`iptables -t nat -I ${rule}`],
      [`iptables -t nat -D ${rule}`],
    ]);
  },
  'source translated': (ground, random) => {
    const taken = translated(ground).map(({ place }) => place);
    const here = random.pick(routed(ground).filter(({ part, place }) => part === 'request' && !taken.includes(place)));
    if (!here) return undefined;
    const rule = `POSTROUTING -s ${here.src} -d ${here.dst} -j SNAT --to-source 198.51.100.9`;
    return at(here.place, 'source translated', [[`iptables -t nat -I ${rule}`], [`iptables -t nat -D ${rule}`]]);
  },
  'destination translated': (ground, random) => {
    const taken = translated(ground).map(({ place }) => place);
    const here = random.pick(routed(ground).filter(({ part, place }) => part === 'request' && !taken.includes(place)));
    const addresses = crossings(ground).map(({ ip }) => String(ip.src));
    const other = random.pick(addresses.filter((each) => each !== here?.src && each !== here?.dst)) ?? '198.51.100.9';
    if (!here) return undefined;
    const rule = `PREROUTING -s ${here.src} -d ${here.dst} -j DNAT --to-destination ${other}`;
    return at(here.place, 'destination translated', [[`iptables -t nat -I ${rule}`], [`iptables -t nat -D ${rule}`]]);
  },
  'translated to an address elsewhere': (ground, random) => {
    const here = random.pick(translated(ground).filter(({ part, end }) => part === 'request' && end === 'src'));
    if (!here) return undefined;
    const rule = `POSTROUTING -s ${here.was} -j SNAT --to-source ${here.becomes.replace(/\d+$/, '234')}`;
    return at(
      here.place,
      ['translated to an address elsewhere', 'source translated'],
      [[`iptables -t nat -I ${rule}`], [`iptables -t nat -D ${rule}`]],
    );
  },
  'tunnel packet translated': (ground, random) => {
    const all = crossings(ground);
    const here = random.pick(
      all.filter((now, i) => {
        const before = all[i - 1];
        const isWrapped = before?.place === now.place && before.headers.length < now.headers.length;
        return isWrapped && before.direction === 'out' && now.direction === 'out';
      }),
    );
    const port = here?.headers.find(({ protocol }) => protocol === 'udp')?.fields.dst;
    if (!here || port === undefined) return undefined;
    const other = String(here.ip.dst).replace(/\d+$/, '234');
    const rule = `OUTPUT -d ${here.ip.dst} -p udp --dport ${port} -j DNAT --to-destination ${other}`;
    return at(here.place, 'tunnel packet translated', [
      [`iptables -t nat -I ${rule}`, FORGET],
      [`iptables -t nat -D ${rule}`, FORGET],
    ]);
  },
  'a port that is translated to one where nobody listens': (ground, random) => {
    const taken = translated(ground).map(({ place }) => place);
    const here = random.pick(
      delivered(ground).filter(
        ({ part, place, headers }) =>
          part === 'request' && headers.at(-1)?.protocol === 'tcp' && !taken.includes(place),
      ),
    );
    if (!here) return undefined;
    const rule = `PREROUTING -d ${here.dst} -p tcp --dport ${here.headers.at(-1)!.fields.dst} -j REDIRECT --to-ports 9`;
    return at(here.place, 'no socket', [
      [`iptables -t nat -I ${rule}`, FORGET],
      [`iptables -t nat -D ${rule}`, FORGET],
    ]);
  },
};

/** What is known as a connection keeps the translation that it had. */
const FORGET = 'conntrack -F 2>/dev/null || true';
