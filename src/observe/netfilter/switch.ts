import { type Rules, rulesOf } from './rules.ts';

/** The tables by which the kernel is asked to trace; their own chains are no part of a packet's way. */
export const OWN_TABLE = 'packetwalk';

/** Before defragmentation (-450, -400: linux/netfilter_ipv4.h), and before every chain that labs have. */
const FIRST = -500;

const traces = (family: string, chain: string, hook = chain) => [
  `add table ${family} ${OWN_TABLE}`,
  `add chain ${family} ${OWN_TABLE} ${chain} { type filter hook ${hook} priority ${FIRST}; }`,
  `add rule ${family} ${OWN_TABLE} ${chain} meta nftrace set 1`,
];

const gone = (family: string) => [`add table ${family} ${OWN_TABLE}`, `delete table ${family} ${OWN_TABLE}`];

const script = (...commands: string[]) => commands.join('; ');

const inet = [...traces('inet', 'prerouting'), ...traces('inet', 'output').slice(1)];
const list = 'list ruleset';

/** The interfaces on which netdev chains stand, comma-separated: `device "eth0"` or `devices = { eth0, eth1 }`, as nft prints. */
const INGRESS = `printf '%s\\n' "$rules" | sed -n 's/.*hook ingress device[s =]*\\(.*\\) priority.*/\\1/p' | tr -d '{}"' | tr ', ' '\\n\\n' | sort -u | grep . | paste -sd,`;

/**
 * Prints a place's rules with their handles, and asks the kernel to trace every packet from its first hook on: of IPv4 and
 * IPv6, of bridges where the kernel knows that family, and of interfaces that have an ingress hook.
 */
export const traceEverything = [
  `rules=$(nft -a '${script(list, ...inet, ...traces('bridge', 'prerouting'))}' 2>/dev/null || nft -a '${script(list, ...inet)}')`,
  `printf '%s\\n' "$rules"`,
  `case $rules in *'hook ingress device'*) nft "${script(...traces('netdev', 'ingress', `ingress devices = { $(${INGRESS}) }`))}" 2>/dev/null || true; esac`,
].join(' && ');

/** Ends that, and prints all rules with their handles. */
export const endTracing = `nft -a '${script(list, ...['inet', 'bridge', 'netdev'].flatMap(gone))}' 2>/dev/null || { for family in inet bridge netdev; do nft delete table $family ${OWN_TABLE} 2>/dev/null; done; nft -a ${list}; }`;

/** Prints what was translated. */
export const listConnections = 'conntrack -L';

/** What a place's netfilter is made of: its rules and hooks; where it was asked, the lines of conntrack(8), one a connection. */
export interface Listing {
  rules: Rules;
  connections?: string[];
}

/** What `traceEverything` or `endTracing` printed. */
export const listingOf = (stdout: string): Listing => ({ rules: rulesOf(stdout) });
