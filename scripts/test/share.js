// Runs the test files it is given in this process, prints mocha's own report, and sends its parent the counts and the failures.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

const { Base, Spec } = Mocha.reporters;
const { timeout } = JSON.parse(readFileSync('.mocharc.json', 'utf8'));

// Nobody reads what would come after the parent's end.
process.on('disconnect', () => process.exit(1));

class Report extends Spec {
  /** Milliseconds that each file took, hooks included. */
  took = {};

  constructor(runner, options) {
    super(runner, options);
    let began = 0;
    const isOfFile = ({ root, parent }) => !root && parent.root;
    runner.on('suite', (suite) => {
      if (isOfFile(suite)) began = performance.now();
    });
    runner.on('suite end', (suite) => {
      if (isOfFile(suite)) this.took[suite.file] = (this.took[suite.file] ?? 0) + performance.now() - began;
    });
  }

  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const end = () => process.stdout.write('', () => process.exit(failures ? 1 : 0));
    process.send({ passes, failures, pending, report: textOf(this.failures), took: this.took }, end);
  }
}

/** Failures as mocha lists them. */
function textOf(failures) {
  const { consoleLog } = Base;
  const lines = [];
  Base.consoleLog = (...words) => lines.push(format(...words));
  Base.list(failures);
  Base.consoleLog = consoleLog;
  return `${lines.join('\n').trimEnd()}\n`;
}

const mocha = new Mocha({ timeout, reporter: Report });
mocha.files = process.argv.slice(2).map((file) => resolve(file));
await mocha.loadFilesAsync();
mocha.run();
