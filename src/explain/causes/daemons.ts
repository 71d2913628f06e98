import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { placesOf } from '../site.ts';
import type { Difference } from '../state/compare.ts';
import { prefixOf } from '../state/fib.ts';
import type { CauseKind, Told } from './kind.ts';

/** What is missing where the daemon that programs or holds it does nothing. */
const FOLLOWS = [
  'no route',
  'wrong route',
  'blackhole route',
  'unreachable route',
  'no route for the tunnel',
  'interface missing',
  'tunnel device missing',
  'VTEP unknown',
  'no forwarding entry',
  'address that nobody has',
];

/** Nobody takes what is sent to the place of a daemon that has ended; what it has programmed follows where some of that may be gone. */
const follows = ({ site, wayThere }: Facts, place: string, isProgramming = true) => [
  ...(isProgramming ? FOLLOWS : []),
  ...(place === site.place || place === wayThere.at(-1)?.place ? ['no socket'] : []),
];

const programmed = ['route', 'fdb entry', 'neighbour', 'firewall rule', 'link'];

/** Whether an address that is gone is the one that the packet is for, wherever it has got to: keepalived, for one, holds it. */
const holds = ({ site }: Facts, gone: string | undefined): boolean =>
  gone?.startsWith(`${site.headers.findLast(isIp)?.fields.dst}/`) ?? false;

/** Routes to whom the packet is for that are gone, and that a daemon of a name had made, be it at another place, which heard of them (ip-route(8), proto). */
function routesBy({ changes, site }: Facts, name: string): Difference[] {
  const dst = site.headers.findLast(isIp)?.fields.dst;
  return changes.filter(
    ({ what, change, before, subject }) =>
      what === 'route' &&
      change === 'gone' &&
      `${before} `.includes(` proto ${name} `) &&
      dst !== undefined &&
      prefixOf(subject).holds(String(dst)),
  );
}

const ended: CauseKind = {
  name: 'daemon ended',
  read: ['the daemon’s log, on its node: /run/NAME.log'],
  tell(facts) {
    const places = placesOf(facts.site);
    const missing = facts.changes.filter(
      ({ change, what, place }) => change === 'gone' && programmed.includes(what) && places.includes(place),
    );
    return facts.daemons.flatMap(({ place, name, runs }): Told[] => {
      if (runs) return [];
      const address = changeOf(facts, place, 'address', ({ before }) => holds(facts, before));
      const all = [...(address ? [address] : []), ...missing, ...routesBy(facts, name)];
      const gone = [...new Set(all.map(({ sentence }) => sentence))].slice(0, 2);
      const changed = facts.changes.find(
        (each) => each.what === 'daemon' && each.place === place && each.subject === name,
      );
      return [
        {
          sentence: `${place}’s daemon ${name} does not run: what it programs is not renewed${gone.length ? `, and this is gone: ${gone.join('; ')}` : ''}`,
          confidence: changed && gone.length ? 'likely' : 'possible',
          place,
          supports: saying([changed, `${changed?.sentence}`]),
          show: [{ place, command: `ps -o pid,stat,args -p $(cat /run/${name}.pid) || tail -n 8 /run/${name}.log` }],
          explains: [
            ...follows(facts, place, gone.length > 0 || (!changed && !facts.isProven)),
            ...(address ? ['address missing'] : []),
          ],
        },
      ];
    });
  },
};

const stopped: CauseKind = {
  name: 'daemon stopped',
  read: ['proc(5), State', 'signal(7), SIGSTOP'],
  tell(facts) {
    return facts.daemons.flatMap(({ place, name, isStopped }): Told[] => {
      if (!isStopped) return [];
      return [
        {
          sentence: `${place}’s daemon ${name} is stopped by a signal (State: T), so it reads and sends nothing`,
          confidence: place === facts.site.place ? 'likely' : 'possible',
          place,
          show: [{ place, command: `grep State /proc/$(cat /run/${name}.pid)/status` }],
          fix: { place, command: `kill -CONT $(cat /run/${name}.pid)` },
          explains: follows(facts, place),
        },
      ];
    });
  },
};

export const daemons: CauseKind[] = [ended, stopped];
