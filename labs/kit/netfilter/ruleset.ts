import { type Check, lines, through } from 'packetwalk';

/** A table, as iptables-restore reads it: chains with their policy (`-` for one of the user's own), then rules. */
const table = (name: string, chains: Record<string, 'ACCEPT' | 'DROP' | '-'>, rules: string[]) =>
  [
    "iptables-restore <<'END'",
    `*${name}`,
    ...Object.entries(chains).map(([chain, policy]) => `:${chain} ${policy}`),
    ...rules.map((rule) => `-A ${rule}`),
    'COMMIT',
    'END',
  ].join('\n');

const accept = (...chains: string[]) => chains.map((chain) => `${chain} -j ACCEPT`);

/** The states of a connection’s packets, in the order of the rules for them. */
export const states = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID'] as const;
export type State = (typeof states)[number];

const byState = (chain: string, ...states: string[]) =>
  states.map((state) => `${chain} -m conntrack --ctstate ${state} -j ${state.split(',').at(-1)}`);

/** Steps: rules in every table, one at least at each of its hooks, so that the kernel's trace names them all. */
export const everyTable = <const Node extends string>(node: Node, translations: string[]) => {
  const at = (...typed: Parameters<typeof table>) => ({ [node]: table(...typed) }) as Record<Node, string>;
  return {
    'raw asks for a packet’s state, but it comes before connection tracking': at('raw', { PREROUTING: 'ACCEPT', OUTPUT: 'ACCEPT', UNTRACKED: '-' }, [
      ...['PREROUTING', 'OUTPUT'].flatMap((chain) => byState(chain, 'INVALID,UNTRACKED')),
      ...accept('UNTRACKED'),
    ]),
    'mangle has a chain at all five hooks; at PREROUTING it knows a NEW packet': at(
      'mangle',
      { PREROUTING: 'ACCEPT', INPUT: 'ACCEPT', FORWARD: 'ACCEPT', OUTPUT: 'ACCEPT', POSTROUTING: 'ACCEPT', NEW: '-' },
      [...byState('PREROUTING', 'NEW'), ...accept('INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING', 'NEW')],
    ),
    'nat has a chain at four: at all but FORWARD': at('nat', { PREROUTING: 'ACCEPT', INPUT: 'ACCEPT', OUTPUT: 'ACCEPT', POSTROUTING: 'ACCEPT' }, [
      ...translations,
      ...accept('PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'),
    ]),
    'filter has a chain at three, and decides by the connection’s state alone': at(
      'filter',
      { INPUT: 'DROP', FORWARD: 'DROP', OUTPUT: 'DROP', NEW: '-', ESTABLISHED: '-', RELATED: '-', INVALID: '-' },
      [
        ...['INPUT', 'FORWARD', 'OUTPUT'].flatMap((chain) => byState(chain, ...states)),
        ...accept('NEW', 'ESTABLISHED', 'RELATED'),
        'INVALID -j DROP',
      ],
    ),
    'security, a fifth table, has a chain where filter has one': at(
      'security',
      { INPUT: 'ACCEPT', FORWARD: 'ACCEPT', OUTPUT: 'ACCEPT' },
      accept('INPUT', 'FORWARD', 'OUTPUT'),
    ),
  };
};

/** Which chain each table has at each hook, and which comes first. */
export const tablesInOrder = (node: string): Pick<Check<string, never>, 'run' | 'see'> => ({
  run: `nft -y list chains ip | awk '/^table/ { table = $3 } /hook/ { print $4, table, $6 + 0 }' | sort -k1,1 -k3,3n`,
  see: {
    [node]: lines(
      ...['forward mangle -150', 'forward filter 0', 'forward security 150'],
      ...['input mangle -150', 'input filter 0', 'input nat 100', 'input security 150'],
      ...['output raw -300', 'output mangle -150', 'output nat -100', 'output filter 0', 'output security 150'],
      ...['postrouting mangle -150', 'postrouting nat 100'],
      ...['prerouting raw -300', 'prerouting mangle -150', 'prerouting nat -100'],
    ),
  },
});

const verdict = (state: State) => (state === 'INVALID' ? 'drop' : 'accept');
const why: Record<State, string> = {
  NEW: 'It begins a connection',
  ESTABLISHED: 'It belongs to a connection that was let in before',
  RELATED: 'It is about a connection that was let in before',
  INVALID: 'It belongs to no connection, and cannot begin one',
};

const prerouting = <const Node extends string>(node: Node, state: State, nat = 'accept') => [
  through(node, 'raw PREROUTING > UNTRACKED: accept', 'raw is first: connection tracking has yet to look'),
  through(node, `mangle PREROUTING${state === 'NEW' ? ' > NEW: accept' : ': policy accept'}`, 'Here the packet has a state'),
  ...(state === 'NEW' ? [through(node, `nat PREROUTING: ${nat}`, 'The last hook before it is routed: for whom is it?')] : []),
];

const input = <const Node extends string>(node: Node, state: State) => [
  through(node, 'mangle INPUT: accept', 'It is for this node: INPUT follows, not FORWARD'),
  through(node, `filter INPUT > ${state}: ${verdict(state)}`, why[state]),
  ...(state === 'NEW' ? [through(node, 'nat INPUT: accept', 'At INPUT nat comes after filter')] : []),
  through(node, 'security INPUT: accept', 'The fifth table; then it has arrived'),
];

const forward = <const Node extends string>(node: Node, state: State) => [
  through(node, 'mangle FORWARD: accept', 'It is for another, and this node forwards: one TTL is spent'),
  through(node, `filter FORWARD > ${state}: ${verdict(state)}`, why[state]),
  ...(state === 'INVALID' ? [] : [through(node, 'security FORWARD: accept', 'The fifth table comes after filter')]),
];

const output = <const Node extends string>(node: Node, state: State) => [
  through(node, 'raw OUTPUT > UNTRACKED: accept', 'Routed already: raw is the first table here too'),
  through(node, 'mangle OUTPUT: accept', 'Who changes it here has it routed again'),
  ...(state === 'NEW' ? [through(node, 'nat OUTPUT: accept', 'What a node sends itself never sees PREROUTING')] : []),
  through(node, `filter OUTPUT > ${state}: ${verdict(state)}`, why[state]),
  through(node, 'security OUTPUT: accept', 'The fifth table comes after filter'),
];

const postrouting = <const Node extends string>(node: Node, state: State) => [
  through(node, 'mangle POSTROUTING: accept', 'All that leaves passes here: neither raw nor filter is asked'),
  ...(state === 'NEW' ? [through(node, 'nat POSTROUTING: accept', 'The last hook: here a masquerade would be')] : []),
];

/** A packet comes in, for another; `nat` is what its first packet meets at PREROUTING. */
export const toAnother = <const Node extends string>(node: Node, state: State, nat = 'accept') => [
  ...prerouting(node, state, nat),
  ...forward(node, state),
  ...(state === 'INVALID' ? [] : postrouting(node, state)),
];

/** A packet comes in, for the node itself. */
export const toItself = <const Node extends string>(node: Node, state: State) => [...prerouting(node, state), ...input(node, state)];

/** The node itself sends a packet. */
export const fromItself = <const Node extends string>(node: Node, state: State) => [...output(node, state), ...postrouting(node, state)];

/** Sends the second segment of a handshake that nobody began, with a checksum that holds. */
export const strayAnswer = (from: string, to: string) =>
  `perl -MSocket -e '
    my ($from, $to) = map { inet_aton($_) } qw(${from} ${to});
    my @segment = (80, 40000, 1, 1, 0x50, 0x12, 1024);
    my $sum = unpack "%32n*", $from . $to . pack("nn", 6, 20) . pack("nnNNCCn", @segment);
    $sum = ($sum & 0xffff) + ($sum >> 16) for 1, 2;
    socket(S, PF_INET, SOCK_RAW, 6) or die $!;
    send(S, pack("nnNNCCnnn", @segment, ~$sum & 0xffff, 0), 0, sockaddr_in(0, $to)) or die $!'`;

/** Sends a datagram and waits: for an answer, or for the error that says that nobody is there. */
export const ask = (address: string, port: number) => `timeout 1 bash -c "exec 3<>/dev/udp/${address}/${port}; echo hello >&3; cat <&3"`;
