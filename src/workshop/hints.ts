import type { Difference } from '../explain/state/compare.ts';
import type { Typed } from '../plan/plan.ts';

/** What differs from what is to be, in half a sentence: `route 10.42.1.0/24 dev flannel.1 is missing`. */
export function differenceText({ what, change, subject, before, after }: Difference): string {
  const kind = /^(socket|ipset|virtual server|key of etcd) /.test(subject) ? '' : `${what} `;
  if (change === 'other') return `${kind}${subject} is ${after}, and should be ${before}`;
  if (what === 'daemon') return change === 'gone' ? `${before} does not run` : `${after} runs, and should not`;
  return change === 'gone' ? `${kind}${before} is missing` : `${kind}${after} should not be there`;
}

const shows: Record<Difference['what'], string> = {
  route: 'ip route show table all',
  rule: 'ip rule',
  'IPv6 rule': 'ip -6 rule',
  neighbour: 'ip neigh',
  'fdb entry': 'bridge fdb',
  setting: 'sysctl -a',
  link: 'ip -d link',
  address: 'ip addr',
  'firewall rule': 'nft list ruleset',
  vlan: 'bridge vlan',
  xfrm: 'ip xfrm policy',
  qdisc: 'tc qdisc',
  daemon: 'ps ax',
};

/** The command that shows what differs. */
export function showing({ what, subject }: Difference): string {
  if (subject.startsWith('socket ')) return 'ss -ltun';
  if (subject.startsWith('ipset ')) return 'ipset list';
  if (subject.startsWith('virtual server ')) return 'ipvsadm -Ln';
  if (subject.startsWith('key of etcd ')) return 'etcdctl get --prefix /';
  return shows[what];
}

/** Places that differ, each with the commands that show it: where to look. */
export function whereToLook(found: readonly Difference[]): string[] {
  const places = [...new Set(found.map(({ place }) => place))];
  return places.map((place) => {
    const commands = [...new Set(found.filter((each) => each.place === place).map(showing))].slice(0, 3);
    return `Look on ${place}: ${commands.map((command) => `\`${command}\``).join(', ')}`;
  });
}

const concerns: Record<Difference['what'], RegExp> = {
  route: /\broute\b/,
  rule: /\brule\b/,
  'IPv6 rule': /\brule\b/,
  neighbour: /\bneigh/,
  'fdb entry': /\bfdb\b/,
  setting: /sysctl|\/proc\/sys|ipset|ipvsadm|etcdctl/,
  link: /\b(link|tunnel)\b/,
  address: /\baddr/,
  'firewall rule': /\b(iptables|nft|masquerade)/,
  vlan: /\bvlan\b/,
  xfrm: /\bxfrm\b/,
  qdisc: /\btc\b/,
  daemon: /&\s|\.pid/,
};

const wordsIn = (text: string): string[] => text.split(/[\s"'=,;|&<>(){}[\]:]+/).filter((word) => word.length > 1);

/** A line, and where it is typed. */
interface Line {
  place: string;
  line: string;
}

/** Words by which something is taken away or moved. */
const takesAway = /\b(del|delete|flush|netns|replace|-D|-F)\b/;

/** How much a line has to do with a difference: words that both have, the rarer among the lines the more. */
function kinship({ place, line }: Line, all: readonly Line[], difference: Difference): number {
  const { what, change, subject, before = '', after = '' } = difference;
  const own = new Set(wordsIn(asSetting(line)));
  const told = new Set(wordsIn(`${subject} ${before} ${after}`));
  const common = [...told].filter((word) => own.has(word));
  if (!common.length && !concerns[what].test(line)) return 0;
  const rarity = (word: string) => 1 / all.filter((each) => wordsIn(asSetting(each.line)).includes(word)).length;
  return (
    common.reduce((sum, word) => sum + 1 + rarity(word), 0) +
    (concerns[concernOf(difference)].test(line) ? 8 : 0) +
    (place === difference.place ? 2 : own.has(difference.place) ? 1 : 0) +
    (change === 'new' && takesAway.test(line) ? 1 : 0)
  );
}

/** The kernel makes some routes for addresses. */
const concernOf = ({ what, before = '', after = '' }: Difference) =>
  / proto kernel\b/.test(`${before} ${after}`) ? 'address' : what;

/** A setting by its path reads as by its name. */
const asSetting = (line: string): string =>
  line.replace(/\/proc\/sys\/(\S+)/g, (_, path: string) => path.replaceAll('/', '.'));

/**
 * Of what differs from where a step leads, what was there before the step already, `before` being what differs from that: it was
 * undone. What a line of the step names at the same place may be on its way.
 */
export function undone(
  found: readonly Difference[],
  before: readonly Difference[],
  commands: readonly Typed[],
): Difference[] {
  const isBefore = (one: Difference) =>
    before.some(
      (each) =>
        each.place === one.place &&
        each.what === one.what &&
        each.subject === one.subject &&
        each.before === one.before,
    );
  const isNamed = ({ place, subject }: Difference) =>
    commands.some(
      (each) =>
        each.place === place && each.lines.some((line) => wordsIn(asSetting(line)).includes(wordsIn(subject)[0] ?? '')),
    );
  return found.filter((each) => each.change !== 'new' && isBefore(each) && !isNamed(each));
}

/** The lines of a step that lead to what differs, in their order; none where none has to do with it. */
export function linesFor(commands: readonly Typed[], found: readonly Difference[]): Typed[] {
  const all = commands.flatMap(({ place, lines }) => lines.map((line) => ({ place, line })));
  const meant = new Set(found.flatMap((each) => closest(all, each)));
  return commands.flatMap(({ place, lines }) => {
    const some = lines.filter((line) =>
      all.some((each) => each.place === place && each.line === line && meant.has(each)),
    );
    return some.length ? [{ place, lines: some }] : [];
  });
}

function closest(all: readonly Line[], difference: Difference): Line[] {
  const scores = all.map((line) => kinship(line, all, difference));
  const most = Math.max(0, ...scores);
  const { what, change, subject } = difference;
  // What is not there may not have been made, or not have been brought there; a neighbour may not have been met.
  const makes = ({ line }: Line) =>
    change === 'gone' &&
    ((what === 'link' && /\badd\b/.test(line)) || (what === 'neighbour' && /^ping /.test(line))) &&
    wordsIn(line).includes(subject);
  return most ? all.filter((line, i) => scores[i] === most || makes(line)) : [];
}
