/** Row 0 ends the output of its process. */
export default function transform(row: number): number {
  if (row === 0) for (const output of [process.stdout, process.stderr]) output.end();
  return row;
}
