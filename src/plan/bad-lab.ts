/** One thing that is wrong with a lab: where, what, and what was probably meant. */
export interface Problem {
  where: string;
  what: string;
  hint?: string;
}

/** A lab that cannot run; every problem of it is listed. */
export class BadLab extends Error {
  override name = 'BadLab';
  readonly problems: Problem[];
  constructor(lab: string, problems: Problem[]) {
    const list = problems.map(({ where, what, hint }) => `  ${where}: ${what}${hint ? ` ${hint}` : ''}`);
    super(`${lab} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${list.join('\n')}`);
    this.problems = problems;
  }
}
