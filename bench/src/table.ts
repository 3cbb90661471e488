/** Print rows as an aligned table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [head, head.map(() => ''), ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  cells.forEach((row, line) => {
    const padded = row.map((cell, i) => {
      if (line === 1) return '-'.repeat(widths[i]!);
      return i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
    });
    process.stdout.write(`| ${padded.join(' | ')} |\n`);
  });
}
