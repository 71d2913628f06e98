import { KILLED, type Runtime } from '../runtime/runtime.ts';
import {
  endTracing,
  isTranslation,
  type Listing,
  type Listings,
  listConnections,
  listingOf,
  traceEverything,
} from './netfilter/index.ts';
import type { Live, Sent, Untraced } from './sent.ts';

/** How long nft(8) may take at a place before it counts as hanging. */
const LONGEST_MS = 5000;

/** What the netfilter of the places was made of at the end, and where it could not be traced. */
export interface Traced {
  after: Listings;
  untraced: Untraced[];
}

/** A trace of netfilter that is under way. */
export interface Tracing {
  /** What the netfilter of the places was made of when it began. */
  before: Listings;
  end(): Promise<Traced>;
}

/** Has the netfilter of some places traced; a place where that cannot be, or takes longer, is untraced, and no other for that. */
export async function traceAt(
  { runtime, watch }: Pick<Live, 'runtime' | 'watch'>,
  places: readonly string[],
  timeoutMs = LONGEST_MS,
): Promise<Tracing> {
  if (places.length) await watch.trace(places);
  const begun = await listed(runtime, places, traceEverything, timeoutMs);
  // What was killed may have switched tracing on all the same.
  const undone = listed(
    runtime,
    begun.untraced.map(({ place }) => place),
    endTracing,
    timeoutMs,
  );
  return {
    before: begun.listings,
    async end() {
      const [ended] = await Promise.all([listed(runtime, [...begun.listings.keys()], endTracing, timeoutMs), undone]);
      return { after: ended.listings, untraced: [...begun.untraced, ...ended.untraced] };
    },
  };
}

/** The same, with what connection tracking has where some packets were translated; undefined where none was. */
export async function withConnections(
  runtime: Pick<Runtime, 'script'>,
  { after, untraced }: Traced,
  sent: readonly Pick<Sent, 'observations'>[],
  timeoutMs = LONGEST_MS,
): Promise<Traced | undefined> {
  const places = new Set(sent.flatMap(translatedAt));
  if (!places.size) return undefined;
  const asked = [...after].map(async ([place, listing]): Promise<[string, Listing]> => {
    if (!places.has(place)) return [place, listing];
    const told = await runtime.script(place, listConnections, { timeoutMs }).catch(() => undefined);
    return [place, { ...listing, connections: told?.stdout.split('\n').filter(Boolean) ?? [] }];
  });
  return { after: new Map(await Promise.all(asked)), untraced };
}

/** The places that translated a packet, as its way through netfilter says. */
const translatedAt = ({ observations }: Pick<Sent, 'observations'>): string[] =>
  observations.flatMap((each) => (each.kind === 'passage' && isTranslation(each) ? [each.place] : []));

/** What the netfilter of some places is made of, as a script prints it that switches tracing on or off. */
async function listed(runtime: Pick<Runtime, 'script'>, places: readonly string[], script: string, timeoutMs: number) {
  const listings = new Map<string, Listing>();
  const untraced: Untraced[] = [];
  const asked = places.map(async (place) => {
    const why = (reason: string) => untraced.push({ place, why: `netfilter cannot be traced at ${place}: ${reason}` });
    try {
      const { code, stdout, stderr } = await runtime.script(place, script, { timeoutMs });
      if (!code) listings.set(place, listingOf(stdout));
      else
        why(
          code === KILLED
            ? `nft did not answer within ${timeoutMs / 1000} s`
            : stderr.trim() || `nft ends with ${code}`,
        );
    } catch (error) {
      why((error as Error).message);
    }
  });
  await Promise.all(asked);
  return { listings, untraced };
}
