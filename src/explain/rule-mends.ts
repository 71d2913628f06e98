import type { Passage } from '../judge/observation.ts';
import type { Facts } from './facts.ts';
import { ofIptables } from './iptables.ts';
import type { Refusal, RuleAt } from './layer2/frame-rules.ts';
import { changeOf } from './since.ts';
import { isRule } from './state/firewall-changes.ts';
import { blocksIn } from './state/firewall-lines.ts';
import type { PlaceState } from './state/place-state.ts';

/** The line that takes a rule away; undefined where its handle is not known. */
export function deleting(
  { handles }: Pick<PlaceState, 'handles'>,
  rule: Omit<RuleAt, 'text' | 'family'> & { family: string },
): string | undefined {
  const { family, table, chain, position } = rule;
  const handle = handles[`${family} ${table} ${chain} ${position}`];
  return handle && `nft delete rule ${family} ${table} ${chain} handle ${handle}`;
}

/** The line that takes a rule away which is new since the lab was proven: what another one is for, its author knows. */
export function deletingIfNew(
  { now, changes }: Pick<Facts, 'now' | 'changes'>,
  place: string,
  { family, table, chain, position }: Omit<RuleAt, 'text' | 'family'> & { family: string },
): string | undefined {
  const state = now.get(place);
  if (!state) return undefined;
  const subject = `${family} ${table} ${chain}`;
  const rules = blocksIn(state.ruleset)
    .find(({ path }) => path === `chain ${subject}`)
    ?.lines.filter(isRule);
  const added = `${subject}: ${rules?.[position - 1]}`;
  const isNew = changeOf(
    { changes },
    place,
    'firewall rule',
    ({ after, change }) => change === 'new' && after === added,
  );
  return isNew && deleting(state, { family, table, chain, position });
}

/** The line that has a base chain accept what none of its rules decides about. */
export const acceptingPolicy = ({
  family,
  table,
  chain,
}: Pick<Passage, 'table' | 'chain'> & { family: string }): string =>
  family === 'ip' && ofIptables({ family, table })
    ? `iptables -t ${table} -P ${chain} ACCEPT`
    : `nft 'chain ${family} ${table} ${chain} { policy accept; }'`;

/** The line that lets pass what is refused: without the rule, or with another policy. */
export const permitting = (state: Pick<PlaceState, 'handles'>, refusal: Refusal): string | undefined =>
  refusal.rule ? deleting(state, refusal.rule) : acceptingPolicy(refusal);
