/**
 * The parts of a place that have an edition: interfaces with their addresses; routes, rules, neighbours and IPsec; rules of IPv6;
 * settings; what of forwarding tables nobody learned; whether processes run; firewall; queues; and sockets that listen, with sets of
 * addresses and virtual servers. What is asked for: settings by the patterns of their files, as those of `read`, and of each place
 * files that name a process each.
 */
export const editionParts = [
  ...(['links', 'routes', 'rules6', 'sysctls', 'fdb', 'daemons', 'ruleset', 'qdiscs', 'sockets'] as const),
] as const;
export type EditionPart = (typeof editionParts)[number];

/** A number for each part of a place, which is another one than before once something of it is set otherwise. */
export type Edition = Readonly<Record<EditionPart, number>>;
