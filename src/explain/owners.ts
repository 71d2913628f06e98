import { ip6At } from '../packet/address.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The places that take an address for their own, by address. */
export type Owners = ReadonlyMap<string, readonly string[]>;

const [FILE, FILE6] = ['/proc/self/net/fib_trie', '/proc/self/net/if_inet6'];

/** Who owns which address now, whoever gave it to them; without a process. Empty where places cannot be asked. */
export async function ownersAmong(runtime: Pick<Runtime, 'read'>, places: string[]): Promise<Owners> {
  const files = await runtime.read(places, [FILE, FILE6]).catch(() => new Map<string, Map<string, string>>());
  const owners = new Map<string, string[]>();
  for (const [place, contents] of files)
    for (const address of [...localAddresses(contents.get(FILE) ?? ''), ...addresses6(contents.get(FILE6) ?? '')])
      owners.set(address, [...(owners.get(address) ?? []), place]);
  return owners;
}

/** The addresses of a host's own, as /proc/net/fib_trie lists them: each above a line `/32 host LOCAL`. */
export const localAddresses = (trie: string): string[] => [
  ...new Set([...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].flatMap(([, address]) => address ?? [])),
];

/** Those of IPv6, as /proc/net/if_inet6 lists them: 32 digits without colons. */
const addresses6 = (file: string): string[] =>
  [...file.matchAll(/^([\da-f]{32}) /gm)].map(([, digits = '']) => ip6At(Buffer.from(digits, 'hex'), 0));
