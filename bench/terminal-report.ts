import type { Goal, GroupReport, Table } from './group.ts';

/** The tables of a group as text of fixed width. */
export function terminalReport({ tables, goals }: Pick<GroupReport, 'tables' | 'goals'>): string {
  return [...tables.map(tableText), ...(goals.length === 0 ? [] : [tableText(goalTable(goals))])].join(
    '\n\n',
  );
}

function goalTable(goals: readonly Goal[]): Table {
  const lines = goals.map(({ figure, goal, measured, reached }) => [
    figure,
    goal,
    measured,
    reached ? 'yes' : 'NO',
  ]);
  return { caption: 'Goals', columns: ['', 'goal', 'measured', 'reached'], lines };
}

/** A table as text of fixed width. */
export function tableText({ caption, columns, lines }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...lines.map((cells) => cells[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => pad(cell, widths[index] ?? 0, index === 0)).join('  ');
  return [caption, ...[columns, ...lines].map((cells) => `  ${line(cells)}`)].join('\n');
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}
