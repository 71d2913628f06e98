/** What the scripts of this repository take from the bundle. */

export {
  claimsFile,
  galleryNames,
  labNames,
  listed,
  listFile,
  loadPlan,
  planFile,
  plansFolder,
  shipped,
} from '../src/plan/load.ts';
export { loadFile } from '../src/plan/load-file.ts';
export { ledger, ledgerIfPassed } from '../src/record/ledger.ts';
export { keptProofs } from '../src/record/proofs.ts';
export { claimsPageWith, readmeWith } from '../src/report/claims/tables.ts';
export { clab } from '../src/report/export/containerlab.ts';
export { stills } from '../src/report/html/stills.ts';
export { isStale, page, pictureOf } from '../src/report/page/page.ts';
export { ownCommands } from '../src/runtime/index.ts';
export { machines } from '../src/runtime/machine-per-node.ts';
export { loadedModules } from '../src/runtime/vm/contents.ts';
export { guest } from '../src/runtime/vm/guest.ts';
export { newc } from '../src/runtime/vm/newc.ts';
