import Table from 'cli-table3';

const bare = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [
      side,
      `${side}-mid`,
      `${side}-left`,
      `${side}-right`,
      `left-${side}`,
      `right-${side}`,
      `mid-${side}`,
    ])
    .map((part) => [part, '']),
);

/** A table without lines: columns that stand under each other. */
export const bareTable = () =>
  new Table({
    chars: { ...bare, middle: ' ' },
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
  });
