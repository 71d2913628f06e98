import type { Link, Plan } from '../plan/plan.ts';
import type { Interface } from './agent/netlink.ts';
import type { Choice } from './choice.ts';
import type { Edition } from './editions.ts';

export type { Interface } from './agent/netlink.ts';
export type { Choice } from './choice.ts';

/** How a command ended. `code` is 128 + the signal's number where a signal ended it, as in a shell. */
export interface Ran {
  command: string;
  code: number;
  stdout: string;
  stderr: string;
  /** It was sent SIGINT before it ended, since nothing that it waits for could come. */
  interrupted?: true;
}

/** A frame as one interface saw it. */
export interface Frame {
  place: string;
  /** Index of the interface in its namespace, and what the kernel calls its link layer (ARPHRD_*, if_arp.h). */
  ifindex: number;
  hardwareType: number;
  /** `overheard`: received, though addressed to another MAC (PACKET_OTHERHOST, packet(7)). */
  direction: 'in' | 'out' | 'overheard';
  /** Nanoseconds since 1970, by the clock of the machine that captured it. */
  time: bigint;
  bytes: Buffer;
}

/** What netfilter told of a packet at a place: one message of nfnetlink, NFT_MSG_TRACE (linux/netfilter/nf_tables.h). */
export interface Trace {
  place: string;
  message: Buffer;
}

/** A packet that a kernel dropped, and the reason that it states (`skb:kfree_skb`, enum skb_drop_reason). */
export interface KernelDrop {
  /** In whose network namespace it was. */
  place: string;
  /** The interface that it came in by or was to leave by; 0 as long as it had none. */
  ifindex: number;
  /**
   * `IP_RPFILTER`, without `SKB_DROP_REASON_`. Where it is `NOT_SPECIFIED`, `location` alone tells: `ip_error` is a route of type
   * blackhole, prohibit or unreachable. A number in hexadecimal is a reason that a module of the kernel has for itself.
   */
  reason: string;
  /** The function of the kernel that dropped it: `ip_rcv_finish_core`. */
  location: string;
  /** Its EtherType: 0x0800 for IPv4; 0 as long as it had none. */
  etherType: number;
  /** Nanoseconds since 1970, by the clock of its machine: the one that stamps its frames. */
  time: bigint;
  /** What the kernel had of it, from its network header on, 128 bytes at most; empty as long as it had none. */
  packet: Buffer;
}

/** An ICMP echo request to be sent, with what it carries. */
export interface Echo {
  address: string;
  data: Buffer;
}

/** The packets of an IP protocol (its number) between two addresses of one family, whichever way they go. */
export interface Flow {
  protocol: number;
  src: string;
  dst: string;
}

/** What a header of IP and the ports behind it say of a packet, which go one way; without ports where it carries no TCP or UDP. */
export interface PortFlow extends Flow {
  ports?: readonly [src: number, dst: number];
}

/** Headers of IP, from the outermost to the innermost; `offset` is where each begins, in bytes from where the outermost does. */
export type WrappedFlow = readonly (PortFlow & { offset: number })[];

/** What a capture leaves out: frames of some flows, unless their last four bytes are among these. */
export interface Ignored {
  flows: readonly WrappedFlow[];
  unlessEnding: readonly number[];
}

/** `timeoutMs` kills what runs; `signal`, aborted, sends it SIGINT as Ctrl-C does, and it ends as it pleases. */
export interface RunOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The exit code of what was killed: of a command, because it took longer than it may. */
export const KILLED = 137;

/** How large a terminal is, what is in its program's environment besides, and who hears what the program prints. */
export interface TerminalOptions {
  rows: number;
  columns: number;
  env?: Record<string, string>;
  said(bytes: Buffer): void;
}

/** How much all that runs in a lab may take: processes, and memory, what its files take of that included. */
export interface Most {
  processes: number;
  memoryBytes: number;
}

/** A terminal at a place, with a program on it. What is typed once that has ended is for nobody. */
export interface Terminal {
  type(keys: string | Buffer): void;
  resize(rows: number, columns: number): void;
  /** While it is held, nothing more is read of what its program prints, which waits once its terminal is full. */
  hold(isHeld: boolean): void;
  /** Ends its program, as a terminal does that is switched off. */
  hangUp(): void;
  /** Resolves with the program's exit code once it has ended; with 255 where its place is gone. */
  ended: Promise<number>;
}

/** An open capture on every interface of some places; frames arrive in each place's own order. */
export interface Capture {
  /** Captures netfilter's traces as well, from now on, at some of its places. To ask for the same again changes nothing. */
  trace(places: readonly string[]): Promise<void>;
  /**
   * Notes from now on which packets the kernel drops at some places, and why; says in a sentence why it cannot, if so. It needs
   * root, and a kernel with bpf(2) and its types in /sys/kernel/btf (Linux 5.17). Nothing of it is left once its agent ends.
   */
  watchDrops(places: readonly string[]): Promise<string | undefined>;
  /** What was dropped there since the last call, the last 1024 for each agent; what is freed and not lost is not among it. */
  kernelDrops(): Promise<KernelDrop[]>;
  /** Leaves some frames out from now on, or all, so that they take none of its room; nothing is left out where nothing is given. */
  ignore(ignored?: Ignored | 'all'): Promise<void>;
  /** Everything captured since the last drain, and how much the kernel had to drop in that time, by place. */
  drain(): Promise<{ frames: Frame[]; traces: Trace[]; drops: Record<string, number> }>;
}

/** A lab's nodes while this process works with them. A place is a node or a pod, by its name. */
export interface Runtime extends AsyncDisposable {
  name: string;
  /** Whether the nodes run without root's rights. */
  rootless: boolean;
  /** The release of its nodes' kernel, where that is not this machine's and was chosen for them. */
  kernel?: string;
  /** Whether something can be typed at a place: a switch may be no more than wire. */
  has(place: string): boolean;
  /** Lays cables, switches included; all ends are there and down when it returns. The command is the one that failed, or the last. */
  cable(links: Link[]): Promise<Ran>;
  /** Runs lines, in order, until one fails; the last of the list is the one that failed or the last line. */
  run(place: string, lines: string[], options?: RunOptions): Promise<Ran>;
  /** Runs a script of several lines in one shell. */
  script(place: string, script: string, options?: RunOptions): Promise<Ran>;
  /** Opens a terminal at a place and runs a program on it; absent where a runtime has none to lend. */
  terminal?(place: string, argv: string[], options: TerminalOptions): Promise<Terminal>;
  /** Has all places together take no more than this, where that can be had. */
  limit?(most: Most): void;
  /** What interfaces each of some places has. */
  interfaces(places: string[]): Promise<Map<string, Interface[]>>;
  /** Captures in every given place; `bufferBytes` is what the kernel may hold for a place until it is read. */
  listen(places: string[], options?: { bufferBytes?: number }): Promise<Capture>;
  /** Sends echo requests from a place, all at once; what the kernel said of each, empty where it took it. */
  probe(place: string, echoes: Echo[]): Promise<string[]>;
  /**
   * What the echo replies carried that reached a socket at a place since it last sent echo requests by `probe`: they passed
   * all that netfilter does to what comes in. Replies to others' requests are among them. A command that is run at the place
   * ends the listening, so that it finds no socket there but the lab's own; what was heard until then stays.
   */
  heard(place: string): Promise<Buffer[]>;
  /**
   * The numbers by which a place's namespace knows those of others, which `Interface.link` speaks of; -1 where it has none.
   * Those of another machine or container are left out (RTM_GETNSID, rtnetlink(7)).
   */
  netnsIds(place: string, others: string[]): Promise<Map<string, number>>;
  /** The devices of each place with an IPv6 address that cannot be used yet (RFC 4862, tentative). */
  tentative(places: string[]): Promise<Map<string, string[]>>;
  /**
   * Files as the network namespace of each place shows them, by path; each pattern is a path, where `*` stands for any characters
   * of a name: `/proc/self/net/snmp`, `/proc/self/net/stat/*`. What is not there or cannot be read is left out; of a longer file
   * there is the first MiB. No process is started for it.
   */
  read(places: string[], patterns: string[]): Promise<Map<string, Map<string, string>>>;
  /** In which edition each place is. Absent where a runtime cannot tell; no process is started for it. */
  editions?(places: ReadonlyMap<string, readonly string[]>, files: readonly string[]): Promise<Map<string, Edition>>;
  /**
   * Has places forget what they learned: path MTUs and redirects, neighbours (neither permanent ones nor those that a routing
   * protocol gave), and tracked connections whose first packet belongs to one of the flows.
   */
  forget(places: string[], flows: Flow[]): Promise<void>;
  /** The most packets that wait in the input queues of a machine's CPUs; 0 where its kernel does not say (before 5.10). */
  backlog(): Promise<number>;
  /** Leaves the nodes when this process ends, and says how to find them. */
  stay(): Promise<Standing>;
  /** Whether somebody else has set the lab up already, so that its steps must not be taken again. */
  isSetUp?: boolean;
  /** Whether its nodes are on other machines than this one, virtual ones or hosts over SSH, that are as quick as they are. */
  isElsewhere?: boolean;
  /** Whether what its nodes run are the programs that are installed on this machine. */
  runsOwnPrograms?: boolean;
}

/** Where a standing lab's nodes are: what a later process needs to enter them. Plain data. */
export interface Standing<Key = unknown> {
  runtime: string;
  rootless: boolean;
  /** The same, as a person is told: `process 4711`, `4 containers`. */
  where: string;
  key: Key;
  /** What its kernel was asked for by, if it was. */
  askedKernel?: string;
}

/** Tells a person what takes time, a line at a time. */
export type Say = (line: string) => void;

/** One thing that a runtime needs of this machine. */
export interface Finding {
  what: string;
  ok: boolean;
  detail: string;
  /** The line to type that mends it. */
  mend?: string;
}

/** A way to have nodes. */
export interface Kind<Key = unknown> {
  name: string;
  /** Where the nodes are, in half a sentence. */
  about: string;
  /** Starts a lab's nodes. Throws a CannotRun where this machine cannot do it. */
  start(plan: Plan, choice: Choice, say: Say): Promise<Runtime>;
  /** Whether files of this machine can be shown at its nodes: what real daemons need. */
  showsFiles?: boolean;
  /** The release of the kernel that its nodes would have, where that is quickly known. */
  kernel?(): Promise<string | undefined>;
  /** Enters the nodes of a lab that stands. */
  reenter(plan: Plan, key: Key): Promise<Runtime>;
  /** Runs a command in a place of a standing lab on this process's own terminal; returns its exit code. */
  attach(plan: Plan, key: Key, place: string, argv: string[], env?: Record<string, string>): Promise<number>;
  /** Whether the nodes of a lab still stand. */
  stands(key: Key): Promise<boolean>;
  /** Ends the nodes of a standing lab and waits until they are gone. */
  stop(key: Key): Promise<void>;
  /** Removes what killed runs left behind, but for the labs that stand; returns a line on each thing. */
  clean(standing: Key[]): Promise<string[]>;
  /** What this runtime needs, and whether it is there. */
  examine(): Promise<Finding[]>;
}
