/** A machine of a swarm, as its manager tells of it. */
export interface Node {
  ID: string;
  Spec: { Availability: 'active' | 'pause' | 'drain' };
  Description: {
    Hostname: string;
    Platform?: { OS?: string };
    Resources: { NanoCPUs: number };
    Engine: { EngineVersion: string };
  };
  Status: { State: 'unknown' | 'down' | 'ready' | 'disconnected'; Addr?: string };
  ManagerStatus?: { Addr?: string };
}

/** A task of a service, as a manager tells of it. */
export interface Task {
  ID: string;
  ServiceID: string;
  NodeID?: string;
  Status: {
    State: string;
    Err?: string;
    Message?: string;
    ContainerStatus?: { ExitCode?: number };
    PortStatus?: { Ports?: { PublishedPort?: number }[] };
  };
}

/** What became of something that is to be done once. */
export type Became =
  /** No machine has it yet; `why`, where none can. */
  | { is: 'waiting'; why?: string }
  | { is: 'under way'; node: string; fetches: boolean }
  | { is: 'done'; node: string; task: string }
  /** Its machine would not start it, or it died there. */
  | { is: 'refused'; node: string; why: string }
  /** Its machine is down, was emptied, or has left. */
  | { is: 'gone'; node: string };

/** How a machine is called: its name, and where it is. */
export function nameOf(id: string | undefined, nodes: readonly Node[]): string {
  const node = nodes.find(({ ID }) => ID === id);
  if (!node) return `a machine that has left the swarm (${id ?? 'no id'})`;
  const { Hostname } = node.Description;
  return node.Status.Addr && node.Status.Addr !== '0.0.0.0' ? `${Hostname} (${node.Status.Addr})` : Hostname;
}

/**
 * What the tasks of a service say of what it is to do. The swarm makes another task in the place of one that died or vanished: what
 * the first of them came to counts, and one that is complete whatever became of others.
 */
export function became(tasks: readonly Task[], nodes: readonly Node[]): Became {
  const each = tasks.map((task) => becameOf(task, nodes));
  const found = (is: Became['is']) => each.find((one) => one.is === is);
  return found('done') ?? found('refused') ?? found('gone') ?? found('under way') ?? each[0] ?? { is: 'waiting' };
}

function becameOf({ ID, NodeID, Status }: Task, nodes: readonly Node[]): Became {
  const { State, Err, ContainerStatus } = Status;
  const node = nameOf(NodeID, nodes);
  if (State === 'complete') return { is: 'done', node, task: ID };
  if (State === 'failed' || State === 'rejected') return { is: 'refused', node, why: reason(Err, ContainerStatus) };
  if (!NodeID) return { is: 'waiting', ...(Err && { why: Err }) };
  const isDown = !nodes.some(({ ID, Status }) => ID === NodeID && Status.State !== 'down');
  if (isDown || ['shutdown', 'orphaned', 'remove'].includes(State)) return { is: 'gone', node };
  return { is: 'under way', node, fetches: State === 'preparing' };
}

const KILLED = 137;

/** Why a task died; the script that it runs never ends by itself with another code than 0. */
function reason(Err = '', { ExitCode }: { ExitCode?: number } = {}): string {
  if (ExitCode === KILLED) return `it was killed there, for want of memory or by somebody (${Err || KILLED})`;
  return Err || `it ended with ${ExitCode ?? 'no code'}`;
}
