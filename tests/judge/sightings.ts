import type { Sighting } from '../../src/judge/observation.ts';
import { ether, icmp, ip } from '../../src/index.ts';
import type { Header } from '../../src/packet/index.ts';

type Step = [at: string, direction: Sighting['direction'], ttl: number, more?: Partial<Sighting> & { to?: string }];

export const A = '10.42.0.65';
export const B = '10.42.1.9';

export const request = (ttl: number) => [ip({ src: A, dst: B, ttl }), icmp({ type: 'echo request' })];
export const reply = (ttl: number) => [ip({ src: B, dst: A, ttl }), icmp({ type: 'echo reply' })];

/** What the captures of a ping's journey hold: one sighting a step, each place counting its own, a microsecond apart. */
export function journey(steps: Step[], { answers = false } = {}): Sighting[] {
  const orders = new Map<string, number>();
  return steps.map(([at, direction, ttl, { to, ...more } = {}], i) => {
    const place = at.slice(0, at.indexOf(':'));
    const order = orders.get(place) ?? 0;
    orders.set(place, order + 1);
    const mac = ether({ src: '0a:00:00:00:00:01', dst: to ?? '0a:00:00:00:00:02' });
    const headers = [mac, ...(answers ? reply(ttl) : request(ttl))] as Header[];
    return { at, place, direction, port: false, reply: answers, headers, order, time: BigInt(i) * 1000n, ...more };
  });
}

/** The answer's journey, captured after the request's. */
export function answered(there: Sighting[], steps: Step[]): Sighting[] {
  const count = (place: string) => there.filter((each) => each.place === place).length;
  const back = journey(steps, { answers: true });
  return [
    ...there,
    ...back.map((each) => ({ ...each, order: each.order + count(each.place), time: each.time + 1_000_000n })),
  ];
}
