/** `packetwalk/mocha`: a lab as tests of Mocha. */
import { testLabWith } from './suite.ts';

export { LabFailure, type SuiteOptions, type TestLab } from './suite.ts';

interface Context {
  timeout(ms: number): unknown;
  skip(): never;
  test?: { title: string };
}

type Body = (this: Context) => unknown;

/** What Mocha makes global where it runs; its own package may be another copy than the one that runs. */
interface Globals {
  describe?(title: string, body: () => void): unknown;
  it?(title: string, body: Body): unknown;
  before?(body: Body): unknown;
  after?(body: Body): unknown;
}

function ofMocha<Name extends keyof Globals>(name: Name): NonNullable<Globals[Name]> {
  const found = (globalThis as Globals)[name];
  if (!found) throw new Error(`there is no ${name}: packetwalk/mocha is for files that Mocha runs`);
  return found;
}

const within = (work: () => Promise<void>, timeoutMs: number): Body =>
  function () {
    this.timeout(timeoutMs);
    return work();
  };

/** Makes a test of each walk, check and drill of a lab. The lab is stood up before the first, and taken down after the last. */
export const testLab = testLabWith({
  describe: (title, body) => void ofMocha('describe')(title, body),
  it: (title, body, timeoutMs) =>
    void ofMocha('it')(title, function () {
      this.timeout(timeoutMs);
      return body((reason) => {
        if (this.test) this.test.title += ` (skipped: ${reason.split('\n')[0]})`;
        this.skip();
      });
    }),
  before: (work, timeoutMs) => void ofMocha('before')(within(work, timeoutMs)),
  after: (work, timeoutMs) => void ofMocha('after')(within(work, timeoutMs)),
});
