import type { Sighting } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import { changeOf } from '../since.ts';
import { isTyped } from './commands.ts';
import { connectionTable } from './connection-table.ts';
import { untracked, zoned } from './firewall.ts';
import type { CauseKind } from './kind.ts';
import {
  addressOf,
  depthOf,
  type End,
  ruleset,
  staleAt,
  translator,
  untouched,
  withoutIt,
  words,
} from './nat-rules.ts';
import { translatedElsewhere } from './translated-elsewhere.ts';
import { translationThere } from './translation-there.ts';

/** Whether a packet has as many headers as is listed: one that was not wrapped has another's addresses outermost. */
const isWrappedAsListed = ({ hop, now }: NonNullable<Facts['site']['changed']>): boolean =>
  depthOf(hop.expected) === depthOf(now.headers);

/** Whether its sender typed the destination that it left with, and not the one that is listed: its own rules should have made that of it. */
const isSentSo = ({ site, sent }: Facts, end: End, { is, wanted }: { is: string | undefined; wanted: string }) =>
  end === 'dst' &&
  site.changed?.now.place === sent.from &&
  site.changed.now.direction === 'out' &&
  isTyped(sent.command, is) &&
  !isTyped(sent.command, wanted);

/** A place should have translated an address, as the walk lists it, and did not. */
function untranslated(end: End): CauseKind {
  const { name, rule } = words[end];
  return {
    name: `${name} not translated`,
    read: [`iptables-extensions(8), ${end === 'src' ? 'MASQUERADE, SNAT' : 'DNAT'}`, 'RFC 3022'],
    tell(facts) {
      const change = facts.site.changed;
      const wanted = change?.hop.expected.find(({ protocol }) => protocol === 'ip')?.fields[end];
      const is = addressOf(change?.now, end);
      if (!change || typeof wanted !== 'string' || is === wanted || !isWrappedAsListed(change)) return [];
      if (!(change.before ? is === addressOf(change.before, end) : isSentSo(facts, end, { is, wanted }))) return [];
      const { place } = change.before ?? change.now;
      const isOfIt = (text: string) => rule.test(text) || (end === 'dst' && text.split(/[ /]/).includes(String(is)));
      const lost = changeOf(facts, place, 'firewall rule', ({ before }) => isOfIt(before ?? ''));
      const stale = staleAt(facts, place);
      return [
        {
          sentence: `${place} leaves its ${name} ${is} as it is, where it should become ${wanted}${lost ? `: ${lost.sentence}` : `: ${untouched(facts, place, end)}`}`,
          confidence: stale ? 'possible' : lost ? 'certain' : 'likely',
          place,
          show: ruleset(place, facts, end),
          ...(end === 'dst' && { entails: ['no route', 'wrong route'] }),
        },
      ];
    },
  };
}

/** A place translates an address that should have stayed. */
function unexpectedly(end: End): CauseKind {
  const { name } = words[end];
  return {
    name: `${name} translated`,
    read: [`iptables-extensions(8), ${end === 'src' ? 'MASQUERADE, SNAT' : 'DNAT'}`, 'RFC 3022'],
    tell(facts) {
      const change = facts.site.changed;
      const wanted = change?.hop.expected.find(({ protocol }) => protocol === 'ip')?.fields[end];
      const [was, is] = [addressOf(change?.before, end), addressOf(change?.now, end)];
      if (!change?.before || typeof wanted !== 'string' || is === wanted || is === was || !is) return [];
      const { place } = change.before;
      if (!isWrappedAsListed(change) || change.now.headers.length !== change.before.headers.length) return [];
      const rule = translator(facts, place, end, change.before);
      const fix = rule && withoutIt(facts, place, end, rule);
      return [
        {
          sentence: `${place} translates its ${name} from ${was} to ${is}, where ${wanted} is listed${rule ? `, by the rule: ${rule.text}` : ''}`,
          confidence: 'certain',
          place,
          show: ruleset(place, facts, end),
          ...(fix && { fix }),
          entails: ['no route', 'wrong route'],
        },
      ];
    },
  };
}

const staleConnection: CauseKind = {
  name: 'stale connection',
  read: ['conntrack(8)', 'kubernetes: conntrack entries of UDP services'],
  tell(facts) {
    const places = [...new Set([facts.site.changed?.before?.place, facts.site.turn?.place, facts.site.place])];
    return places.flatMap((place) => {
      const stale = place && facts.site.part === 'request' ? staleAt(facts, place) : undefined;
      if (!place || !stale) return [];
      const { original, reply, protocol } = stale;
      const port = original.sport ? ` --orig-port-src ${original.sport}` : '';
      return [
        {
          sentence: `connection tracking at ${place} still sends it to ${reply.src}, by an entry older than its rules: ${stale.text}`,
          confidence: 'certain' as const,
          place,
          show: [
            { place, command: `conntrack -L -p ${protocol} -d ${original.dst} 2>/dev/null` },
            ...ruleset(place, facts, 'dst').slice(0, 1),
          ],
          fix: { place, command: `conntrack -D -p ${protocol} -d ${original.dst}${port}` },
        },
      ];
    });
  },
};

/** The first point behind a place that translated the destination of the request. */
const translatedAt = ({ wayThere }: Facts): Sighting | undefined =>
  wayThere.find((each, i) => {
    const before = wayThere[i - 1];
    return (
      each.place === before?.place &&
      addressOf(each, 'dst') !== addressOf(before, 'dst') &&
      each.headers.length === before.headers.length
    );
  });

/** An answer that comes back by the place that translated its request, and keeps the source that it was given. */
const notTranslatedBack: CauseKind = {
  name: 'answer not translated back',
  read: ['RFC 3022, section 4.1', 'iptables-extensions(8), CT'],
  tell(facts) {
    const { site, wayThere } = facts;
    const translated = translatedAt(facts);
    if (site.part !== 'reply' || !translated) return [];
    const { place } = translated;
    const given = addressOf(translated, 'dst');
    const leaves = site.way.some(
      (each) => each.place === place && each.direction === 'out' && addressOf(each, 'src') === given,
    );
    if (!leaves || !site.way.some((each) => each.place === place && each.direction === 'in')) return [];
    const why = untracked(facts, place);
    return [
      {
        sentence: `${place} translated the request to ${given}, and does not translate the answer back: its source stays ${given} where ${addressOf(wayThere[0], 'dst')} was asked${why[0] ? `; ${why[0]}` : ''}`,
        confidence: why.length ? 'certain' : 'likely',
        place,
        show: [
          { place, command: `nft list ruleset | grep -w notrack || echo nothing is left untracked` },
          {
            place,
            command: `conntrack -L 2>/dev/null | grep -wF ${given} || echo no connection with ${given} is tracked here`,
          },
        ],
        entails: ['source not translated'],
        explains: ['answer from another address'],
      },
    ];
  },
};

/** An answer that comes back to the address that its request was given for a source, and ends there as if it were for that place itself. */
const endsAtTranslator: CauseKind = {
  name: 'answer not translated back',
  read: notTranslatedBack.read,
  tell(facts) {
    const { site, wayThere, kernelDrops } = facts;
    const { place, last, part } = site;
    const given = addressOf(last, 'dst');
    const isGiven = wayThere.some(
      (each, i) =>
        each.place === place &&
        wayThere[i - 1]?.place === place &&
        addressOf(each, 'src') === given &&
        addressOf(wayThere[i - 1], 'src') !== given,
    );
    const isNobodys = kernelDrops.some((drop) => drop.place === place && drop.reason === 'NO_SOCKET');
    if (part !== 'reply' || last?.direction !== 'in' || !isGiven || !isNobodys) return [];
    const why = [...zoned(facts, place), ...untracked(facts, place)];
    return [
      {
        sentence: `${place} gave the request the source ${given}, and does not translate the answer back: that ends at ${place} itself, where no socket waits for it${why[0] ? `; ${why[0]}` : ''}`,
        confidence: why.length ? 'certain' : 'likely',
        place,
        supports: why.slice(1),
        show: [
          {
            place,
            command: 'nft list ruleset | grep -wE "notrack|zone|CT" || echo nothing says how packets are tracked',
          },
          {
            place,
            command: `conntrack -L 2>/dev/null | grep -wF ${given} || echo no connection with ${given} is tracked here`,
          },
        ],
        entails: ['no socket'],
      },
    ];
  },
};

/** An answer that bypasses the place that translated its request comes from an address that nobody asked. */
const bypassedNat: CauseKind = {
  name: 'answer bypasses translation',
  read: ['RFC 3022, section 4.1'],
  tell(facts) {
    const { site, wayThere } = facts;
    if (site.part !== 'reply' || !site.last) return [];
    const back = new Set(site.way.map(({ place }) => place));
    const translated = translatedAt(facts);
    const translator = translated?.place;
    if (!translator || back.has(translator)) return [];
    const source = addressOf(translated, 'src');
    return [
      {
        sentence: `the answer does not come back by ${translator}, which translated its request: its source stays ${addressOf(site.last, 'src')} where ${addressOf(wayThere[0], 'dst')} was asked`,
        confidence: 'certain',
        place: translator,
        supports: [
          `${translator} left the source ${source} as it was, so the answer goes straight there: it should be masqueraded`,
        ],
        show: ruleset(translator, facts, 'src').slice(0, 1),
      },
    ];
  },
};

export const translation: CauseKind[] = [
  staleConnection,
  untranslated('dst'),
  untranslated('src'),
  ...translationThere,
  unexpectedly('dst'),
  unexpectedly('src'),
  translatedElsewhere,
  bypassedNat,
  notTranslatedBack,
  endsAtTranslator,
  ...connectionTable,
];
