import type { Facts } from '../facts.ts';
import { filtersAsked, filterText, mirredIn } from '../filters.ts';
import { deletingIfNew } from '../rule-mends.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import type { CauseKind, Told } from './kind.ts';
import { rulesAt } from './rewritten.ts';

/** What a rule or a filter does with a packet besides what becomes of it, or in place of that. */
interface Sending {
  does: 'copies' | 'redirects';
  /** The interface that it goes to; absent where a rule names a next hop. */
  device?: string;
  /** What has it do so, as the subject of a sentence, and as it stands there. */
  by: string;
  text: string;
  isNew: boolean;
  show: string;
  fix?: string;
}

/** `dup to "eth1"` and `fwd to`, at ingress; `dup to 10.9.0.2`, which is TEE in iptables (nft(8), DUP and FWD STATEMENT). */
const STATEMENT = /\b(dup|fwd) to (?:([\d.]+|[\da-f:]*:[\da-f:]*)(?= |$)|"?([^\s"]+)"?)/;

const sendingRules = (facts: Facts, place: string): Sending[] =>
  rulesAt(facts, place).flatMap((rule): Sending[] => {
    const [, statement, , device] = STATEMENT.exec(rule.text) ?? [];
    if (!statement) return [];
    const { family, table, chain, text } = rule;
    const fix = deletingIfNew(facts, place, rule);
    return [
      {
        does: statement === 'dup' ? 'copies' : 'redirects',
        ...(device && { device }),
        by: `${place}’s ${family} ${table} ${chain}`,
        text,
        isNew: fix !== undefined,
        show: `nft list chain ${family} ${table} ${chain}`,
        ...(fix && { fix }),
      },
    ];
  });

const sendingFilters = (facts: Facts, place: string): Sending[] =>
  filtersAsked(facts)
    .filter((each) => each.place === place)
    .flatMap(({ device: card, way, output, command }): Sending[] => {
      const mirred = mirredIn(output, 'Mirror', 'Redirect');
      if (!mirred) return [];
      const { does, device, packets } = mirred;
      const isNew = changeOf(facts, place, 'qdisc', (each) => each.device === card && each.change === 'new');
      const rule = filterText(output);
      return [
        {
          does: does === 'Mirror' ? 'copies' : 'redirects',
          device,
          by: `a tc filter at the ${way} of ${place}’s ${card}`,
          text: `mirred ${does.toLowerCase()} to ${device}, ${packets} packets${rule ? `: ${rule}` : ''}`,
          isNew: isNew !== undefined,
          show: command,
          fix: `tc filter del dev ${card} ${way}`,
        },
      ];
    });

const sendings = (facts: Facts, place: string): Sending[] => [
  ...sendingRules(facts, place),
  ...sendingFilters(facts, place),
];

const told = (
  place: string,
  { by, text, isNew, show, fix }: Sending,
  does: string,
  confidence: Told['confidence'],
) => ({
  sentence: `${by} ${does}: ${text}`,
  confidence,
  place,
  supports: saying([isNew, 'it is new since the lab was proven']),
  show: [{ place, command: show }],
  ...(fix && { fix: { place, command: fix } }),
});

/** It went all the way, and was seen somewhere else too. */
const copied: CauseKind = {
  name: 'copied on the way',
  read: ['nft(8), DUP STATEMENT', 'iptables-extensions(8), TEE', 'tc-mirred(8)'],
  tell(facts) {
    const stray = facts.walk?.strays.find((each) => each.kind === 'point' && each.direction === 'out');
    if (stray?.kind !== 'point') return [];
    const { place, device } = stray;
    return sendings(facts, place).flatMap((each): Told[] => {
      if (each.device !== undefined && each.device !== device) return [];
      const does = each.does === 'copies' ? `sends a copy of it${to(each)}` : `sends it${to(each)}`;
      const explains = ['TTL spent', 'hop limit spent', 'routing loop', 'dropped by the kernel'];
      return [{ ...told(place, each, does, each.device ? 'certain' : 'likely'), explains }];
    });
  },
};

const to = ({ device }: Sending) => (device ? ` to ${device}` : ' to another next hop');

/** It left a place as it had come, since its IP layer never had it. */
const pastRouting: CauseKind = {
  name: 'led past routing',
  read: ['nft(8), FWD STATEMENT', 'tc-mirred(8)'],
  tell(facts) {
    const { now, before } = facts.site.changed ?? {};
    if (!now || before?.place !== now.place || now.direction !== 'out') return [];
    return sendings(facts, now.place).flatMap((each): Told[] =>
      each.does === 'redirects' && each.device === now.device
        ? [
            {
              ...told(
                now.place,
                each,
                `sends it to ${now.device} as it came, past what ${now.place} routes by`,
                'certain',
              ),
              explains: ['dropped by the kernel', 'header rewritten', 'wrong neighbour entry'],
            },
          ]
        : [],
    );
  },
};

/** Rules and filters that send a packet elsewhere, too. */
export const copies: CauseKind[] = [pastRouting, copied];
