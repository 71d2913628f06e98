/** What the scripts of this repository take from the bundle. */
export { clab } from './containerlab.ts';
export { labNames, loadPlan } from './labs.ts';
export { machines } from './runtime/machine-per-node.ts';
export { loadedModules } from './runtime/vm/contents.ts';
export { guest } from './runtime/vm/guest.ts';
export { newc } from './runtime/vm/newc.ts';
