/** What the scripts of this repository take from the bundle. */
export { clab } from './containerlab.ts';
export { labNames, loadPlan } from './labs.ts';
export { ledger, ledgerIfPassed } from './ledger.ts';
export { keptProofs } from './proofs.ts';
export { readmeWith } from './report/claims/readme.ts';
export { isStale, page } from './report/page/page.ts';
export { ownCommands } from './runtime/index.ts';
export { machines } from './runtime/machine-per-node.ts';
export { loadedModules } from './runtime/vm/contents.ts';
export { guest } from './runtime/vm/guest.ts';
export { newc } from './runtime/vm/newc.ts';
