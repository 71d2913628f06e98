import type { Packet } from '../packet/index.ts';
import type { Trace } from '../runtime/runtime.ts';

/** One packet's way through one hook's table at a place: the chains it entered, in order, and the rule that decided. */
export interface Passage {
  place: string;
  /** `nat PREROUTING`: table and base chain. */
  hook: string;
  /** `nat PREROUTING > KUBE-SERVICES: ip daddr 10.43.6.58 tcp dport 80 accept`. */
  went: string;
  /** Interfaces by index, where the hook knows them. */
  iif?: number;
  oif?: number;
  /** The packet, by what survives translation: see markOf. */
  mark: string;
  /** How connection tracking knows what it began: `src=10.0.0.1`, and its port, or the id of an echo. */
  tracked: string[];
}

interface Message {
  family: number;
  id: number;
  table: string;
  chain: string;
  type: number;
  handle?: bigint;
  code?: number;
  jump?: string;
  policy?: number;
  iif?: number;
  oif?: number;
  network?: Buffer;
  transport?: Buffer;
}

// linux/netfilter/nf_tables.h: nft_trace_attributes, nft_trace_types, nft_verdicts; linux/netfilter.h: NF_DROP.
const [TABLE, CHAIN, HANDLE, TYPE, VERDICT, ID, NETWORK, TRANSPORT, IIF, OIF, POLICY] = [
  1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 16,
];
const [BY_POLICY, BY_RULE] = [1, 3];
const [NFT_CONTINUE, NFT_JUMP, NFT_GOTO, NFT_RETURN, NF_DROP] = [-1, -3, -4, -5, 0];

/** The table by which the kernel is asked to trace; its own chains are no part of a packet's way. */
const OWN_TABLE = 'packetwalk';

/** Asks the kernel to trace every packet of a place from its first hook on. */
export const traceEverything = [
  `nft 'add table ip ${OWN_TABLE}`,
  ...['prerouting', 'output'].flatMap((hook) => [
    `add chain ip ${OWN_TABLE} ${hook} { type filter hook ${hook} priority -400; }`,
    `add rule ip ${OWN_TABLE} ${hook} meta nftrace set 1`,
  ]),
]
  .join('; ')
  .concat("'");

/** Ends that, and prints all rules with their handles, and what was translated. */
export const endTracing = `nft delete table ip ${OWN_TABLE}; nft -a list ruleset; echo '# conntrack'; conntrack -L 2>/dev/null || true`;

const text = (bytes: Buffer) => bytes.toString('latin1', 0, bytes.indexOf(0) < 0 ? bytes.length : bytes.indexOf(0));

/** The attributes of a netlink message (netlink(7)): 16 bits each of length and type, padded to four bytes. */
function attributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

const HEADERS = 16 + 4;

function message(bytes: Buffer): Message | undefined {
  if (bytes.length < HEADERS) return undefined;
  const all = attributes(bytes.subarray(HEADERS));
  const wide = (bytes: Buffer | undefined, width: number) => (bytes && bytes.length >= width ? bytes : undefined);
  const number = (which: number) => wide(all.get(which), 4)?.readUInt32BE(0);
  const verdict = attributes(all.get(VERDICT!) ?? Buffer.alloc(0));
  const optional = {
    handle: wide(all.get(HANDLE!), 8)?.readBigUInt64BE(0),
    code: wide(verdict.get(1), 4)?.readInt32BE(0),
    jump: verdict.get(2) && text(verdict.get(2)!),
    policy: number(POLICY!),
    iif: number(IIF!),
    oif: number(OIF!),
    network: wide(all.get(NETWORK!), 20),
    transport: all.get(TRANSPORT!),
  };
  return {
    family: bytes[16]!,
    id: number(ID!) ?? 0,
    table: text(all.get(TABLE!) ?? Buffer.alloc(0)),
    chain: text(all.get(CHAIN!) ?? Buffer.alloc(0)),
    type: number(TYPE!) ?? 0,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
  };
}

/** The rules of a place by family, table and handle, as `nft -a list ruleset` prints them, without counters and comments. */
export function rulesOf(ruleset: string): Map<string, string> {
  const rules = new Map<string, string>();
  let table = '';
  for (const line of ruleset.split('\n')) {
    const opens = /^table (\w+ \S+) \{/.exec(line);
    if (opens) table = opens[1]!;
    const rule = /^\t\t(.+) # handle (\d+)$/.exec(line);
    if (rule) rules.set(`${table} ${rule[2]}`, plain(rule[1]!));
  }
  return rules;
}

const plain = (rule: string) =>
  rule
    .replace(/counter packets \d+ bytes \d+ ?/, '')
    .replace(/\s*(xt match "comment"|comment "[^"]*"|\/\*.*?\*\/)\s*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const families: Record<number, string> = { 1: 'inet', 2: 'ip' };

/** What netfilter did with each packet, hook by hook, in each place's own order. */
export function passages(traces: Trace[], rules: (place: string) => Map<string, string>): Passage[] {
  const list: Passage[] = [];
  const open = new Map<string, Passage>();
  for (const { place, message: bytes } of traces) {
    const told = message(bytes);
    if (!told || told.table === OWN_TABLE) continue;
    const key = `${place} ${told.id}`;
    if (told.network) {
      const hook = `${told.table} ${told.chain}`;
      const { iif, oif } = told;
      const mark = traceMark(told.network, told.transport ?? Buffer.alloc(0));
      const devices = { ...(iif !== undefined && { iif }), ...(oif !== undefined && { oif }) };
      const tracked = trackedAs(told.network, told.transport ?? Buffer.alloc(0));
      open.set(key, { place, hook, went: hook, mark, tracked, ...devices });
      list.push(open.get(key)!);
    }
    const passage = open.get(key);
    if (!passage) continue;
    if (told.type === BY_POLICY) passage.went += `: policy ${told.policy === NF_DROP ? 'drop' : 'accept'}`;
    else if (told.jump && (told.code === NFT_JUMP || told.code === NFT_GOTO)) passage.went += ` > ${told.jump}`;
    else if (told.type === BY_RULE && told.code !== NFT_CONTINUE && told.code !== NFT_RETURN) {
      const rule = rules(place).get(`${families[told.family]} ${told.table} ${told.handle}`);
      passage.went += `: ${rule ?? `the rule with handle ${told.handle}`}`;
    }
  }
  return list;
}

const [ICMP, TCP, UDP] = [1, 6, 17];

/** ICMP's errors, which quote the packet that they are about from its IP header on. */
const quotes = new Set([3, 5, 11, 12]);

/** A mark of the packet in a trace's first bytes of IP and transport header: what markOf gives for the whole packet. */
function traceMark(network: Buffer, transport: Buffer): string {
  const protocol = network[9];
  if (protocol === ICMP && quotes.has(transport[0]!) && transport.length >= 14)
    return `icmp about ${transport.readUInt16BE(8 + 4)}`;
  if (protocol === ICMP && transport.length >= 8) return `icmp ${transport[0]} ${transport.readUInt32BE(4)}`;
  if (protocol === TCP && transport.length >= 14)
    return `tcp ${transport.readUInt32BE(4)} ${transport.readUInt32BE(8)} ${transport[13]}`;
  if (protocol === UDP && transport.length >= 8)
    return `udp ${transport.readUInt16BE(4)} ${transport.toString('hex', 8, 20)}`;
  return '';
}

const letters = 'FSRPAUEC';

/** A mark of a packet that its first twenty bytes after the IP header hold, and that no translation of addresses changes. */
export function markOf({ headers, payload, quoted }: Packet): string | undefined {
  if (quoted) return `icmp about ${quoted[0]?.fields.id}`;
  const at = headers.findLastIndex(({ protocol }) => ['icmp', 'tcp', 'udp'].includes(protocol));
  const { protocol, fields } = headers[at] ?? {};
  if (protocol === 'icmp' && fields?.id !== undefined)
    return `icmp ${fields.type === 'echo request' ? 8 : 0} ${Number(fields.id) * 0x10000 + Number(fields.sequence)}`;
  if (protocol === 'tcp') {
    const bits = [...String(fields?.flags)].reduce((sum, letter) => sum | (1 << letters.indexOf(letter)), 0);
    return `tcp ${fields?.seq} ${fields?.ack} ${bits}`;
  }
  if (protocol === 'udp') return `udp ${fields?.length} ${payload.toString('hex', 0, 12)}`;
  return undefined;
}

const ACK = 1 << letters.indexOf('A');
const SYN_OR_RST = (1 << letters.indexOf('S')) | (1 << letters.indexOf('R'));

/** Whether a mark is that of an answer: an echo reply, or the segment that answers the first one of TCP. */
export function answers(mark: string, asked: string): boolean {
  const [protocol, ...rest] = asked.split(' ');
  if (protocol === 'icmp') return mark === `icmp 0 ${rest[1]}`;
  const [its, , ack, bits] = mark.split(' ');
  const next = (Number(rest[0]) + 1) % 2 ** 32;
  return protocol === 'tcp' && its === 'tcp' && Number(ack) === next && !!(+bits! & ACK) && !!(+bits! & SYN_OR_RST);
}

function trackedAs(network: Buffer, transport: Buffer): string[] {
  const src = `src=${network.subarray(12, 16).join('.')}`;
  if (network[9] === ICMP && transport.length >= 6) return [src, `id=${transport.readUInt16BE(4)}`];
  return transport.length >= 2 ? [src, `sport=${transport.readUInt16BE(0)}`] : [src];
}

/** What connection tracking says of a packet that a hook translated, if one did, from the lines of `conntrack -L`. */
export function translation({ went, tracked }: Passage, lines: string[]): string | undefined {
  const [, rule = ''] = went.split(': ');
  if (!/\b(dnat|snat|masquerade|redirect)\b/.test(rule)) return undefined;
  const known = lines.find((line) => tracked.every((word) => line.split(/\s+/).includes(word)));
  return known?.replace(/\s+/g, ' ').trim();
}
