import { podsNode, proven } from '../lab/read.ts';
import type { Commands, Expectation, Hop, Lab, Proof } from '../lab/words.ts';
import { compatible, mirror } from '../packet/index.ts';
import type { Problem } from './bad-lab.ts';
import { links } from './cables.ts';
import { hint } from './nearest.ts';
import { isPing, unfollowable } from './ping.ts';
import { typed } from './script.ts';

/** Everything that is inconsistent in a lab of the right shape. */
export function problems(lab: Lab): Problem[] {
  const found: Problem[] = [];
  const names = Object.keys(lab.nodes);
  const report = (where: string, what: string, hint?: string) => found.push({ where, what, ...(hint && { hint }) });
  const node = (where: string, name: string) => {
    if (!names.includes(name)) report(where, `there is no node ${name}.`, hint(name, names));
    return names.includes(name);
  };
  const commands = (where: string, typed: Commands) => {
    for (const name of Object.keys(typed))
      if (node(`${where}.${name}`, name) && lab.nodes[name] === 'switch')
        report(`${where}.${name}`, `${name} is a switch: it is a cable, and nothing can be typed there`);
  };

  checkNodes(lab, report);
  const { links: wired, problems: unreadable } = links(lab);
  found.push(...unreadable);
  checkLinks(lab, wired, node, report);

  for (const [title, typed] of Object.entries(lab.setup)) commands(`setup['${title}']`, typed);

  const interfaces = interfacesOf(lab);
  const point = (where: string, at: string) => {
    const [name = '', device = ''] = split(at);
    if (!device) return report(where, `${at} is no point: it is written NODE:INTERFACE`);
    if (!node(where, name)) return;
    if (lab.nodes[name] === 'switch')
      return report(where, `${name} is a switch: it is a cable to a walk, and not watched`);
    if (!interfaces(name).has(device))
      report(where, `no cable or command makes ${device} on ${name}.`, hint(device, cabled(wired, name)));
  };
  const hops = (where: string, list: Hop[]) => {
    for (const [i, hop] of list.entries()) {
      const here = `${where}[${i}] at ${hop.at}`;
      if (hop.went !== undefined) {
        const [name = '', table, chain] = hop.at.split(' ');
        node(here, name);
        if (!table || !chain) report(here, `${hop.went} is no hook: it is written TABLE CHAIN, as in nat PREROUTING`);
        continue;
      }
      point(here, hop.at);
      for (const header of hop.headers)
        for (const value of Object.values(header.fields)) if (typeof value === 'object') point(here, value.macOf);
      if (!hop.headers.length) report(here, 'states no headers');
      else if (compatible(hop.headers, mirror(hop.headers)))
        report(here, 'the answer would satisfy this hop too: state both addresses or, for ICMP, the type');
    }
  };
  const claim = (where: string, proof: Proof) => {
    const id = proven(proof).id;
    const known = Object.keys(lab.claims ?? {});
    if (!known.includes(id)) report(where, `there is no claim ${id}.`, hint(id, known));
  };

  if (!Object.keys(lab.walks).length) report('walks', 'a lab has at least one walk');
  for (const [name, walk] of Object.entries(lab.walks)) {
    const where = `walks['${name}']`;
    node(`${where}.send`, walk.send.from);
    const why = isPing(walk.send.command) && unfollowable(walk.send.command);
    if (why) report(`${where}.send`, why);
    if (walk.end && isPing(walk.send.command)) report(`${where}.end`, 'a ping has no connection that could end');
    for (const part of ['request', 'reply', 'end'] as const) hops(`${where}.${part}`, walk[part] ?? []);
    for (const id of walk.claims ?? []) claim(`${where}.claims`, id);
  }
  for (const [title, check] of Object.entries(lab.checks ?? {})) {
    const where = `checks['${title}']`;
    if (check.claim) claim(`${where}.claim`, check.claim);
    if ('run' in check) {
      commands(`${where}.see`, Object.fromEntries(Object.keys(check.see).map((name) => [name, ''])));
      if (!Object.keys(check.see).length) report(`${where}.see`, 'a check that looks nowhere proves nothing');
      for (const [name, see] of Object.entries<Expectation | Expectation[] | undefined>(check.see))
        if (![see ?? []].flat().length || [see ?? []].flat().some(expectsNothing))
          report(`${where}.see.${name}`, 'expects nothing, and so proves nothing');
      continue;
    }
    if (!check.pairs.some(({ from, to }) => from.some((a) => to.some((b) => a !== b))))
      report(`${where}.pairs`, 'nobody sends to anybody: it proves nothing');
    for (const name of check.pairs.flatMap(({ from, to }) => [...from, ...to]))
      if (
        node(`${where}.pairs`, name) &&
        !wired.some(({ ends }) => ends.some((end) => end.place === name && end.address))
      )
        report(`${where}.pairs`, `${name} has no address`);
  }
  for (const [name, fault] of Object.entries(lab.faults ?? {})) {
    const where = `faults['${name}']`;
    for (const id of fault.claims ?? []) claim(`${where}.claims`, id);
    commands(`${where}.break`, fault.break);
    commands(`${where}.fix`, fault.fix);
    const walks = Object.keys(lab.walks);
    for (const other of [fault.walk ?? walks[0], ...(Array.isArray(fault.untouched) ? fault.untouched : [])])
      if (other && !walks.includes(other)) report(where, `there is no walk '${other}'.`, hint(other, walks));
    const lost = fault.walk ?? walks[0] ?? '';
    if (fault.untouched !== 'all' && fault.untouched?.includes(lost))
      report(`${where}.untouched`, `'${lost}' is the walk that is lost`);
    const walk = Object.hasOwn(lab.walks, lost) ? lab.walks[lost] : undefined;
    const crossed = [
      ...(walk?.request ?? []).map(({ at }) => at),
      ...(walk?.reply ?? []).map(({ at }) => `reply ${at}`),
      ...(walk?.end ?? []).map(({ at }) => `end ${at}`),
    ];
    if (walk && !crossed.includes(fault.lostAt))
      report(`${where}.lostAt`, `its walk has no hop ${fault.lostAt}.`, hint(fault.lostAt, crossed));
  }
  return found;
}

const expectsNothing = (expectation: Expectation) =>
  ('lines' in expectation && !expectation.lines.length) || ('lacks' in expectation && !expectation.lacks.length);

type Report = (where: string, what: string, hint?: string) => void;

function checkNodes(lab: Lab, report: Report) {
  for (const [name, kind] of Object.entries(lab.nodes)) {
    const where = `nodes.${name}`;
    if (!/^[a-zA-Z][\w.-]*$/.test(name))
      report(where, 'a name begins with a letter and has letters, digits, - _ . only');
    const home = podsNode(kind);
    const homes = Object.keys(lab.nodes).filter((each) => ['host', 'router'].includes(lab.nodes[each]!));
    if (!home && !['host', 'router', 'switch'].includes(kind))
      report(where, `${kind} is no kind of node.`, hint(kind, ['host', 'router', 'switch', 'pod on NODE']));
    if (home && !homes.includes(home))
      report(where, `there is no node ${home} for a pod to live in.`, hint(home, homes));
  }
}

function checkLinks(
  lab: Lab,
  wired: ReturnType<typeof links>['links'],
  node: (where: string, name: string) => boolean,
  report: Report,
) {
  const seen = new Map<string, string>();
  for (const { ends } of wired) {
    const where = `links '${ends.map((end) => `${end.place}:${end.interface}`).join(' -- ')}'`;
    for (const [i, end] of ends.entries()) {
      if (!node(where, end.place)) continue;
      for (const [what, key] of [
        ['interface', `${end.place}:${end.interface}`],
        ['address', end.address?.split('/')[0]],
      ]) {
        if (!key) continue;
        if (seen.has(key)) report(where, `the ${what} ${key} is also in ${seen.get(key)}`);
        else seen.set(key, where);
      }
      const home = podsNode(lab.nodes[end.place]!);
      if (home && ends[1 - i]!.place !== home) report(where, `${end.place} is a pod on ${home}: its cables end there`);
    }
  }
}

const split = (point: string) => {
  const at = point.indexOf(':');
  return at < 0 ? [point, ''] : [point.slice(0, at), point.slice(at + 1)];
};

const cabled = (wired: ReturnType<typeof links>['links'], name: string) =>
  wired.flatMap(({ ends }) => ends).flatMap((end) => (end.place === name ? [end.interface] : []));

/** The words that may name an interface of a node: its cables' ends and whatever its commands, or its pods', mention. */
function interfacesOf(lab: Lab): (name: string) => Set<string> {
  const wired = links(lab).links;
  const scripts = [
    ...Object.values(lab.setup),
    ...Object.values(lab.faults ?? {}).flatMap((fault) => [fault.break, fault.fix]),
  ].flatMap(typed);
  const known = new Map<string, Set<string>>();
  const wordsAt = (name: string) => {
    const home = podsNode(lab.nodes[name] ?? '') ?? name;
    const near = Object.keys(lab.nodes).filter((each) => each === home || podsNode(lab.nodes[each]!) === home);
    const words = scripts.flatMap(({ place, lines }) =>
      near.includes(place) ? lines.join('\n').split(/[\s"'=,:;|&<>(){}[\]]+/) : [],
    );
    return new Set(['lo', ...cabled(wired, name), ...words]);
  };
  return (name) => {
    if (!known.has(name)) known.set(name, wordsAt(name));
    return known.get(name)!;
  };
}
