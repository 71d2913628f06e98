import type { Breaker } from '../breakages.ts';
import { crossings, routed, translated } from '../stages.ts';
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
};
