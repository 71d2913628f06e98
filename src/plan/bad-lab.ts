/** One thing that is wrong with a lab: where, what, and what was probably meant. A warning alone does not keep it from running. */
export interface Problem {
  where: string;
  what: string;
  hint?: string;
  severity?: 'warning';
}

/** A problem as one line: `walks['a pings b'].send: there is no node A. Did you mean a?` */
export const problemText = ({ where, what, hint }: Problem): string => {
  const end = hint && !/[.!?]$/.test(what) ? '.' : '';
  return `${where}: ${what}${end}${hint ? ` ${hint}` : ''}`;
};

/** A lab that cannot run; every problem of it is listed. */
export class BadLab extends Error {
  override name = 'BadLab';
  readonly problems: Problem[];
  constructor(lab: string, problems: Problem[]) {
    const list = problems.map((problem) => `  ${problemText(problem)}`);
    super(`${lab} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${list.join('\n')}`);
    this.problems = problems;
  }
}
