import type { DecodeTable, ExpectedHeader, Known } from '../packet/index.ts';
import type { Needs } from './needs.ts';
import type { Part } from './part.ts';
import type { StandIn } from './stand-in.ts';
import type { Taught, TaughtStep } from './taught.ts';

/**
 * An interface of a node or pod, as engineers say it: `node1:flannel.1`. `node1:eth0 in` and `node1:eth0 out` say which way it is
 * crossed, where that is part of what is stated.
 */
export type Point<Node extends string = string> = `${Node}:${string}`;

/** `host` keeps to itself, `router` forwards, `switch` joins its cables, a pod is a network namespace inside a node. */
export type Kind<Node extends string = string> = 'host' | 'router' | 'switch' | `pod on ${Node}`;

/**
 * A cable, with the address of each end: `podA:eth0 10.42.0.65/24 -- master:vethA`. At a switch the port may go unnamed:
 * `master:enp0s1 192.168.205.4/24 -- lan`.
 */
export type Cable<Node extends string = string> =
  | `${Node}:${string} -- ${Node}:${string}`
  | `${Node}:${string} -- ${Node}`;

/**
 * A process that goes on running at its node: its id is in /run/NAME.pid, what it says in /run/NAME.log. A lab goes on once
 * every condition holds, stops where one does not within a minute, and checks that the daemon still runs at the end.
 */
export interface Daemon {
  daemon: string;
  /** One command, which stays in the foreground. */
  run: string;
  /** What is true once it is ready, and the command that succeeds from then on. */
  ready: Record<string, string>;
}

/** A time in whole seconds: `10 s`. */
export type Seconds = `${number} s`;

/** What a step waits for before it goes on: the condition, the command that succeeds once it holds, and for how long at most. */
export interface Until {
  until: string;
  run: string;
  within: Seconds;
}

/** Lines to type, one command each (a here-document is one command), daemons to start or to play, and what is waited for. */
export type Script = string | Daemon | Until | StandIn | readonly (string | Daemon | Until | StandIn)[];

/** What to type, by node or pod. */
export type Commands<Node extends string = string> = { [node in Node]?: Script };

/** One command and where it is typed. */
export interface Send<Node extends string = string> {
  from: Node;
  command: string;
}

/** A table's base chain at a node or pod, as engineers say it: `node1 nat PREROUTING`, `node1 inet filter input`. */
export type Hook<Node extends string = string> = `${Node} ${string}`;

/** A point the packet crosses, with its headers from the outermost in; or a hook of netfilter, with its way through it. */
export interface Hop<Node extends string = string> {
  at: Point<Node> | Hook<Node>;
  because: string;
  headers: ExpectedHeader<Point<Node>>[];
  /** Only at a hook: `nat POSTROUTING > KUBE-POSTROUTING: masquerade`, the chains that it enters, in order, and how it ends. */
  way?: string;
}

/** Ways, each by its name, of which the packet takes one. Those of a walk that have the same names are one choice. */
export interface OneOf<Node extends string = string> {
  oneOf: Record<string, Hop<Node>[]>;
}

/** The hops of a packet, in order; between them, or in their place, ways of which it takes one. */
export type Listing<Node extends string = string> = (Hop<Node> | OneOf<Node>)[];

/** A claim that is proven, or one that is corrected: what the document says imprecisely, and what is shown instead. */
export type Proof<ClaimId extends string = string> = ClaimId | { claim: ClaimId; corrects: string };

/** One packet's journey, exact: seen at these points, in this order, once, and nowhere else. */
export interface Walk<Node extends string = string, Claim extends string = string> extends Taught<Node> {
  claims?: readonly Proof<Claim>[];
  send: Send<Node>;
  request: Listing<Node>;
  /** The answer's journey; when absent, the answer may go any way, but a ping is answered. Of TCP: what answers the first segment. */
  reply?: Listing<Node>;
  /** Of a TCP connection, the journey of the segment by which its sender ends it: its first with FIN or RST. */
  end?: Listing<Node>;
  /**
   * Packets that follow from those before, each by what it is: a proxy's own connection, what a tunnel makes of a packet, a later segment
   * of the connection. Each is the first that crosses its first hop as listed once the one before it was there.
   */
  later?: Record<string, Listing<Node>>;
  /** The sender of this ping is not told that it was answered. */
  unanswered?: true;
}

/** Any part of what a command's JSON output must hold: an object's fields, a list's elements in any order. */
export type Shape = string | number | boolean | null | Shape[] | { [field: string]: Shape };

/** What a command's output must be. */
export type Expectation =
  | { json: Shape; exactly?: true }
  | { none: Shape }
  | { lines: string[] }
  | { lacks: string[] }
  | { fails: string[] };

/** A command whose output shows a statement to be true. */
export interface Check<Node extends string = string, Claim extends string = string> {
  claim?: Proof<Claim>;
  /** One or more lines, run in one shell. */
  run: string;
  /** What is seen there, by node or pod. */
  see: { [node in Node]?: Expectation | Expectation[] };
  /** It need not be so at once: the command is run again until it is, for so long at most; the last time counts. */
  within?: Seconds;
  /** It alters the lab: it runs alone, after all other checks. */
  changes?: true;
}

/** Everyone of the first list sends to everyone of the second, and the receivers' captures tell what arrived. */
export interface Matrix<Node extends string = string, Claim extends string = string> {
  claim?: Proof<Claim>;
  /** `the address it left with`: not translated on the way. `its own address`: the one that `ip addr` prints at home. */
  seenAs: 'the address it left with' | 'its own address';
  pairs: { from: readonly Node[]; to: readonly Node[] }[];
}

/** Where a broken walk fails: a hop of the request, or of the answer or the end where that stands before it. */
export type Failing<Node extends string = string> =
  | Point<Node>
  | Hook<Node>
  | `${Exclude<Part, 'request'>} ${Point<Node> | Hook<Node>}`;

/** Something broken on purpose. A fault that carries claims is drilled whenever the lab is proven. */
export interface Fault<Node extends string = string, Claim extends string = string> extends Taught<Node> {
  claims?: readonly Proof<Claim>[];
  break: Commands<Node>;
  /** The walk that is lost; the lab's first when absent. */
  walk?: string;
  /** The first hop that no longer sees its packet, as none after it does; of the answer when it says so. Any of several. */
  lostAt?: Failing<Node> | readonly Failing<Node>[];
  /** In place of `lostAt`: the first hop that sees its packet with other headers, or going another way through a hook. */
  differsAt?: Failing<Node> | readonly Failing<Node>[];
  /** Its name in the table of causes (docs/causes.md): the first that is named must be it, or one of them where it is known what the places were like. */
  cause?: string;
  /** The packet is sent while no place knows any neighbour; without it, all know those of the walk. */
  cold?: true;
  /** Walks that must not notice; `all` is every other walk. */
  untouched?: 'all' | string[];
  hint: string;
  fix: Commands<Node>;
}

/** A statement of a document that the lab proves or corrects. */
export interface Claim {
  document: string;
  says: string;
}

export interface Lab<Node extends string = string, ClaimId extends string = string> {
  title: string;
  /** A few sentences for who sees this for the first time. */
  about?: string;
  /** What a workshop tells besides. */
  notes?: string;
  /** What the machines must have that its nodes are on. */
  needs?: Needs;
  nodes: Record<Node, Kind<NoInfer<Node>>>;
  links: readonly Cable<NoInfer<Node>>[];
  /** What to type, in order; each key says what becomes true. Within a step all nodes work at once, then their pods. */
  setup: Record<string, Commands<NoInfer<Node>> | TaughtStep<NoInfer<Node>>>;
  walks: Record<string, Walk<NoInfer<Node>, NoInfer<ClaimId>>>;
  checks?: Record<string, Check<NoInfer<Node>, NoInfer<ClaimId>> | Matrix<NoInfer<Node>, NoInfer<ClaimId>>>;
  /** Break-and-fix drills; each key says what is wrong. */
  faults?: Record<string, Fault<NoInfer<Node>, NoInfer<ClaimId>>>;
  /** Protocols of its own, made by `protocol(…)`; one that is called as one of packetwalk’s takes its place. */
  protocols?: readonly Known[];
  /** What is inside of a carrier, by its number there: `{ udp: { 6081: geneve } }`; it has the last word. */
  decode?: DecodeTable;
  /** The statements this lab may refer to, by id. */
  claims?: Record<ClaimId, Claim>;
}

/** Defines a lab. Nodes and claims are declared once; every other mention is checked against them. */
export const lab = <const Node extends string, const ClaimId extends string = never>(
  definition: Lab<Node, ClaimId>,
): Lab<Node, ClaimId> => definition;

/** Who sends, and what is typed there: `send('podA', 'ping -c 1 10.42.1.9')`. */
export const send = <const Node extends string>(from: Node, command: string): Send<Node> => ({ from, command });

/** A hop: the point, why the packet is there, and its headers from the outermost in. */
export const at = <const Node extends string, const Named extends string = never>(
  at: Point<Node>,
  because: string,
  ...headers: (ExpectedHeader<Point<Named>> | ExpectedHeader<Point<Named>>[])[]
): Hop<Node | Named> => ({ at, because, headers: headers.flat() });

/**
 * Ways of which the packet takes one, where nothing tells beforehand which: `oneOf({ 'by r1': [at(…)], 'by r2': [at(…)] })`. Where
 * request and reply list ways of the same names, the answer takes the way of its request; with other names, any.
 */
export const oneOf = <const Node extends string>(ways: Record<string, Hop<Node>[]>): OneOf<Node> => ({ oneOf: ways });

/** A process that goes on running: `daemon('bird', 'bird -f', { 'BIRD answers': 'birdc show status' })`. */
export const daemon = (daemon: string, run: string, ready: Daemon['ready']): Daemon => ({ daemon, run, ready });

/** A condition that a step waits for: `until('BIRD has the route', 'ip route | grep -q "proto bird"', '30 s')`. */
export const until = (until: string, run: string, within: Seconds): Until => ({ until, run, within });

/**
 * A hook of netfilter, from the kernel's own trace: table and base chain, with the family before them where it matters, the
 * chains that the packet enters in order, and how its way ends: `accept`, `drop`, `masquerade`, `dnat to 10.42.1.6:80`, `policy
 * accept`. `through('master', 'nat POSTROUTING > KUBE-POSTROUTING: masquerade', 'why')`. Of a place whose hooks a walk lists, it
 * lists all where a rule had a say, in order.
 */
export const through = <const Node extends string>(place: Node, way: string, because: string): Hop<Node> => ({
  at: `${place} ${way.split(/ > |: /)[0]}`,
  because,
  headers: [],
  way,
});

/** The claim is imprecise: `corrects('FV-07', 'etcd does not listen on 8472; the kernel does')`. */
export const corrects = <const ClaimId extends string>(claim: ClaimId, corrects: string): Proof<ClaimId> => ({
  claim,
  corrects,
});

/** The output is JSON and holds at least this. */
export const json = (shape: Shape): Expectation => ({ json: shape });

/** The output is a JSON list of just these, in any order; of each, at least what is stated. */
export const exactly = (...shapes: Shape[]): Expectation => ({ json: shapes, exactly: true });

/** The output is JSON and no element of its list looks like this. */
export const none = (shape: Shape): Expectation => ({ none: shape });

/** The output has these texts, each on a line of its own, in this order; white space is one blank, a number a whole one. */
export const lines = (...texts: string[]): Expectation => ({ lines: texts });

/** The output has none of these texts. */
export const lacks = (...texts: string[]): Expectation => ({ lacks: texts });

/** The command fails and says these texts. */
export const fails = (...texts: string[]): Expectation => ({ fails: texts });
