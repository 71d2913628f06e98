import type { Sighting } from '../../judge/observation.ts';
import { isIp, ttlOf } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { changeOf, routeText } from '../since.ts';
import { routeFor } from '../state/fib.ts';
import { holds, undoing } from './routes.ts';

/** Why what a place sends has the TTL that it has. */
export interface GivenTtl {
  /** `as a’s route has it: default via 10.1.0.1 hoplimit 1`. */
  text: string;
  /** Whether that was another one when the lab was proven. */
  isNew: boolean;
  /** The command that shows it, and the one that has it as usual again. */
  show: string;
  fix: string;
}

/** The setting by which a place gives what it sends by IPv4 a TTL (ip-sysctl: ip_default_ttl). */
const DEFAULT_TTL = 'net.ipv4.ip_default_ttl';

/** What gave a packet of IP the TTL, or hop limit, with which its sender's place sent it; undefined where no route or setting says so. */
export function givenTtl(facts: Facts, first: Sighting | undefined): GivenTtl | undefined {
  const ip = first?.headers.find(isIp);
  const state = first && facts.now.get(first.place);
  if (!ip || !state || first.direction !== 'out') return undefined;
  const ttl = String(ttlOf(ip.fields));
  const dst = String(ip.fields.dst);
  const version = ip.protocol === 'ip6' ? 'ip -6' : 'ip';
  return byRoute(facts, first.place, { dst, ttl, version }) ?? bySetting(facts, first, { ttl, version });
}

function byRoute(
  facts: Facts,
  place: string,
  { dst, ttl, version }: { dst: string; ttl: string; version: 'ip' | 'ip -6' },
): GivenTtl | undefined {
  const route = routeFor(facts.now.get(place)!, { dst })?.route;
  if (!route || route.words.hoplimit !== ttl) return undefined;
  const changed = changeOf(
    facts,
    place,
    'route',
    (each) => each.after?.includes(`hoplimit ${ttl}`) === true && holds(routeText(each, each.after), dst),
  );
  const fix = changed
    ? undoing(place, changed, version).command
    : `${version} route replace ${route.text.replace(` hoplimit ${ttl}`, '')}`;
  return {
    text: `as ${place}’s route has it: ${route.text}${changed ? `; ${changed.sentence}` : ''}`,
    isNew: changed !== undefined,
    show: `${version} route show match ${dst}`,
    fix,
  };
}

function bySetting(
  facts: Facts,
  { place, device }: Sighting,
  { ttl, version }: { ttl: string; version: 'ip' | 'ip -6' },
): GivenTtl | undefined {
  const setting = version === 'ip' ? DEFAULT_TTL : `net.ipv6.conf.${device.replaceAll('.', '/')}.hop_limit`;
  if (facts.now.get(place)?.sysctls[setting] !== ttl) return undefined;
  const was = changeOf(facts, place, 'setting', ({ subject }) => subject === setting)?.before;
  const scope = version === 'ip' ? 'all that it sends' : `what it sends by ${device}`;
  return {
    text: `as ${place} gives ${scope} (${setting} = ${ttl}${was ? `, was ${was}` : ''})`,
    isNew: was !== undefined,
    show: `sysctl ${setting}`,
    fix: `sysctl -w ${setting}=${was ?? '64'}`,
  };
}
