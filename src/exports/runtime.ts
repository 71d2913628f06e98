/** `packetwalk/runtime`: what a runtime of one's own is made of: a `Kind`, which starts a `Runtime`. */
export { layCables } from '../plan/lay-cables.ts';
export type { Link, Plan, Step, Typed } from '../plan/plan.ts';
export { BadUsage, CannotRun } from '../plan/usage.ts';
export {
  endSandbox,
  type Host,
  type HostKey,
  insideHost,
  type OnHosts,
  reenterHosts,
  startOnHosts,
} from '../runtime/hosts.ts';
export { local as thisMachine } from '../runtime/machine/local.ts';
export { type Machine, type Program, runOn } from '../runtime/machine/machine.ts';
export type { OwnKind } from '../runtime/own.ts';
export type {
  Capture,
  Choice,
  Echo,
  Finding,
  Flow,
  Frame,
  Ignored,
  Interface,
  KernelDrop,
  Kind,
  PortFlow,
  Ran,
  RunOptions,
  Runtime,
  Say,
  Standing,
  Trace,
  WrappedFlow,
} from '../runtime/runtime.ts';
