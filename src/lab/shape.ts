import * as v from 'valibot';
import { hint } from '../plan/nearest.ts';
import { isTaught } from './read.ts';

/** An object of just these fields; of every other one it is said which was probably meant. */
const fields = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = Object(dataset.value) as Record<string, unknown>;
      for (const key of Object.keys(input).filter((key) => !Object.hasOwn(entries, key))) {
        const at = { type: 'object' as const, origin: 'key' as const, input, key, value: input[key] };
        addIssue({ message: 'is no field here.', input: key, expected: Object.keys(entries).join(' '), path: [at] });
      }
    }),
  );

const text = v.pipe(v.string(), v.trim(), v.nonEmpty('must not be empty'));
const name = v.pipe(text, v.regex(/^[\w.-]+$/, 'has letters, digits, - _ . only'));
const daemon = fields({
  daemon: name,
  run: text,
  ready: v.record(v.string(), text),
});
const seconds = v.pipe(text, v.regex(/^[1-9]\d{0,3} s$/, "is a time in whole seconds, '10 s'"));
const until = fields({ until: text, run: text, within: seconds });
const line = v.lazy((input) => {
  if (typeof input !== 'object') return v.string();
  return input && 'until' in input ? until : daemon;
});
const lines = v.lazy((input) => (Array.isArray(input) ? v.array(line) : line));
const standIn = fields({ standsFor: name, small: lines, real: lines });
const part = v.lazy((input) => (typeof input === 'object' && input && 'standsFor' in input ? standIn : line));
const script = v.lazy((input) => (Array.isArray(input) ? v.array(part) : part));
const commands = v.record(v.string(), script);
const value = v.union(
  [v.string(), v.number(), v.boolean(), v.strictObject({ macOf: text })],
  'must be a text, a number, true, false or mac(…)',
);
const header = fields({ protocol: text, fields: v.record(v.string(), value) });
const hop = fields({ at: text, because: text, headers: v.array(header), way: v.optional(text) });
const oneOf = fields({ oneOf: v.record(v.string(), v.array(hop)) });
const listing = v.array(v.lazy((input) => (typeof input === 'object' && input && 'oneOf' in input ? oneOf : hop)));
const proof = v.union(
  [text, v.strictObject({ claim: text, corrects: text })],
  'must be the id of a claim, or corrects(…)',
);

const send = fields({ from: text, command: text });
const answer = v.pipe(
  text,
  v.regex(/^[\w.,:/+@%= -]+$/, 'is typed into a shell: letters, digits, blanks, . , : / + @ % = - _ only'),
);
const ask = fields({
  question: text,
  answer: v.lazy((input) =>
    Array.isArray(input) ? v.pipe(v.array(answer), v.nonEmpty('must have an answer')) : answer,
  ),
  shownBy: send,
});
const taught = { notes: v.optional(text), ask: v.optional(ask) };

const walk = fields({
  ...taught,
  claims: v.optional(v.array(proof)),
  send,
  request: v.pipe(listing, v.nonEmpty('must list at least one hop')),
  reply: v.optional(listing),
  end: v.optional(listing),
  later: v.optional(v.record(v.string(), v.pipe(listing, v.nonEmpty('must list at least one hop')))),
  unanswered: v.optional(v.literal(true)),
});

const shape: v.GenericSchema = v.lazy((input) =>
  Array.isArray(input) ? v.array(shape) : typeof input === 'object' && input ? v.record(v.string(), shape) : scalar,
);
const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()], 'must be JSON');

const expectation = v.union(
  [
    v.strictObject({ json: shape, exactly: v.optional(v.literal(true)) }),
    v.strictObject({ none: shape }),
    v.strictObject({ lines: v.array(text) }),
    v.strictObject({ lacks: v.array(text) }),
    v.strictObject({ fails: v.array(text) }),
  ],
  'must be one of json(…), exactly(…), none(…), lines(…), lacks(…), fails(…)',
);

const seen = {
  run: text,
  see: v.record(
    v.string(),
    v.lazy((input) => (Array.isArray(input) ? v.array(expectation) : expectation)),
  ),
  within: v.optional(seconds),
};
const taughtStep = fields({ ...taught, do: commands, see: v.optional(fields(seen)) });
const step = v.lazy((input) => (isTaught(input as never) ? taughtStep : commands));

const check = fields({
  claim: v.optional(proof),
  ...seen,
  changes: v.optional(v.literal(true)),
});

const matrix = fields({
  claim: v.optional(proof),
  seenAs: v.picklist(['the address it left with', 'its own address']),
  pairs: v.array(fields({ from: v.array(text), to: v.array(text) })),
});

const failing = v.lazy((input) =>
  Array.isArray(input) ? v.pipe(v.array(text), v.nonEmpty('must name at least one hop')) : text,
);

const fault = fields({
  ...taught,
  claims: v.optional(v.array(proof)),
  break: commands,
  walk: v.optional(text),
  lostAt: v.optional(failing),
  differsAt: v.optional(failing),
  cause: v.optional(text),
  cold: v.optional(v.literal(true)),
  untouched: v.optional(v.union([v.literal('all'), v.array(text)])),
  hint: text,
  fix: commands,
});

const word = v.pipe(text, v.regex(/^[\w.+-]+$/, 'has letters, digits, . _ + - only'));
const packages = fields({
  apt: v.optional(text),
  dnf: v.optional(text),
  apk: v.optional(text),
  pacman: v.optional(text),
});
const own = {
  program: fields({ command: word, packages: v.optional(packages) }),
  part: fields({ part: word, probe: text }),
};
const needs = fields({
  programs: v.optional(v.array(v.lazy((input) => (typeof input === 'object' ? own.program : word)))),
  kernel: v.optional(v.array(v.lazy((input) => (typeof input === 'object' ? own.part : word)))),
  devices: v.optional(v.array(word)),
});
const isProtocol = (value: unknown) => {
  const { id, carriedBy, decode } = (typeof value === 'function' ? value : {}) as Record<string, unknown>;
  return typeof id === 'string' && id !== '' && typeof carriedBy === 'object' && typeof decode === 'function';
};
const protocol = v.custom<unknown>(isProtocol, 'must be a protocol, made by protocol(…)');

const lab = fields({
  title: text,
  about: v.optional(text),
  notes: v.optional(text),
  needs: v.optional(needs),
  nodes: v.record(v.string(), text),
  links: v.array(text),
  setup: v.record(v.string(), step),
  walks: v.record(v.string(), walk),
  checks: v.optional(
    v.record(
      v.string(),
      v.lazy((input) => (typeof input === 'object' && input && 'pairs' in input ? matrix : check)),
    ),
  ),
  faults: v.optional(v.record(v.string(), fault)),
  protocols: v.optional(v.array(protocol)),
  decode: v.optional(v.record(v.string(), v.record(v.string(), protocol))),
  claims: v.optional(v.record(v.string(), v.object({ document: text, says: text }))),
});

const words: Record<string, string> = { Object: 'an object', Array: 'a list', string: 'a text' };

/** What keeps a value from being a lab at all, each with its place and, for a misspelt field, the one that was meant. */
export function shapeProblems(value: unknown): { where: string; what: string; hint?: string }[] {
  const message = ({ received, expected }: v.BaseIssue<unknown>) =>
    received === 'undefined'
      ? 'is missing'
      : `is ${words[received] ?? received}, not ${words[expected ?? ''] ?? expected}`;
  const { issues } = v.safeParse(lab, value, { message });
  return (issues ?? []).map((issue) => ({
    where: v.getDotPath(issue) ?? 'the lab',
    what: issue.message,
    ...(issue.type === 'raw_check' && { hint: hint(String(issue.input), issue.expected!.split(' ')) }),
  }));
}
