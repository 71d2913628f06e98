import type { Passage } from '../judge/observation.ts';

/** The tables of iptables(8), whose rules it prints with their comments and all their matches, as nft(8) does not. */
const tables = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

/** Whether a table may be one of iptables: those of nft(8) may have the same name, and iptables then says that it cannot. */
export const ofIptables = ({ family, table }: Pick<Passage, 'family' | 'table'>): boolean =>
  family === 'ip' && tables.has(table);

/** The command that prints the rule which decided about a packet, where it may be one of iptables. */
export const ruleCommand = ({ family, table, decidedAt }: Passage): string | undefined =>
  decidedAt?.position && ofIptables({ family, table })
    ? `iptables -t ${table} -S ${decidedAt.chain} ${decidedAt.position}`
    : undefined;
