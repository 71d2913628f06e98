import type { Passage } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import { passagesHere } from '../packet-there.ts';
import { deletingIfNew } from '../rule-mends.ts';
import type { CauseKind } from './kind.ts';

/** The last that netfilter did with the packet where it was lost, if that was to hand it to a program. */
function queuedBy(facts: Facts): Passage | undefined {
  const last = facts.site.kind === 'at a place' ? passagesHere(facts).at(-1) : undefined;
  return last?.ending?.verdict === 'queue' ? last : undefined;
}

/** `queue num 3 bypass`, `queue to 3`; 0 where no number is stated (nft(8), QUEUE STATEMENT). */
const numberIn = (rule: string) => Number(/\bqueue\b\D*(\d+)/.exec(rule)?.[1] ?? 0);

const LISTENERS = '/proc/net/netfilter/nfnetlink_queue';

/** A packet that a rule queues waits for the verdict of a program; where none reads its queue, the kernel drops it. */
const notTaken: CauseKind = {
  name: 'packet queue',
  read: ['nft(8), QUEUE STATEMENT', 'iptables-extensions(8), NFQUEUE'],
  tell(facts) {
    const passage = queuedBy(facts);
    if (!passage) return [];
    const { place, family, table, chain, decidedAt, rule = '' } = passage;
    const { chain: deciding = chain, position } = decidedAt ?? {};
    const fix = position && deletingIfNew(facts, place, { family, table, chain: deciding, position });
    const number = numberIn(rule);
    return [
      {
        sentence: `${place}’s ${family === 'ip' ? '' : `${family} `}${table} ${chain} hands it to queue ${number}, and no program there lets it pass; where none reads that queue, the kernel drops it: ${rule}`,
        confidence: 'certain',
        place,
        show: [
          {
            place,
            command: `grep -w '^ *${number}' ${LISTENERS} || echo no program reads queue ${number}`,
          },
        ],
        ...(fix && { fix: { place, command: fix } }),
      },
    ];
  },
};

export const packetQueues: CauseKind[] = [notTaken];
