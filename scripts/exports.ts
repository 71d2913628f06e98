/** What the scripts of this repository take from the bundle. */

export { labNames, loadPlan } from '../src/plan/load.ts';
export { ledger, ledgerIfPassed } from '../src/record/ledger.ts';
export { keptProofs } from '../src/record/proofs.ts';
export { readmeWith } from '../src/report/claims/readme.ts';
export { clab } from '../src/report/export/containerlab.ts';
export { isStale, page } from '../src/report/page/page.ts';
export { ownCommands } from '../src/runtime/index.ts';
export { machines } from '../src/runtime/machine-per-node.ts';
export { loadedModules } from '../src/runtime/vm/contents.ts';
export { guest } from '../src/runtime/vm/guest.ts';
export { newc } from '../src/runtime/vm/newc.ts';
