const { Spec } = require('mocha').reporters;

/** Mocha's own report, and at its end one line with the counts. */
module.exports = class extends Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
  }
};
