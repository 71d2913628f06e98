/** What ip(8) prints of a route's state, and does not read again. */
const flags = / (?:linkdown|dead|offload|rt_offload|trap|rt_trap)\b/g;

/**
 * A line that changes routes, as ip(8) reads it where it was made of what ip(8) prints: of a route by a nexthop object (ip-nexthop(8))
 * the number alone, as its way and its type follow from that.
 */
export function typedRoute(command: string): string {
  const [, verb, rest] = /^(ip (?:-6 )?route (?:add|append|change|del|replace)) (.*)$/.exec(command) ?? [];
  if (!verb || !rest || command.includes('&&')) return command;
  const line = rest.replace(flags, '');
  if (!/ nhid \d+\b/.test(line)) return `${verb} ${line}`;
  const alone = line
    .replace(/ nexthop .*$/, '')
    .replace(/ (?:via(?: inet6?)?|dev) \S+/g, '')
    .replace(/ onlink\b/g, '')
    .replace(/^(?:blackhole|unicast) /, '');
  return `${verb} ${alone}`;
}
