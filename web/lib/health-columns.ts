import type { HealthColumns } from '@topicast/contracts/stream-health';

type Name = keyof HealthColumns;

/** Columns that were known, and newer ones behind them; what is older than `keepMs` goes. */
export function joinColumns(
  known: HealthColumns | undefined,
  newer: HealthColumns,
  keepMs: number,
): HealthColumns {
  const last = newer.time.at(-1) ?? known?.time.at(-1) ?? 0;
  const firstNew = newer.time[0] ?? Number.POSITIVE_INFINITY;
  const kept = (known?.time ?? []).flatMap((time, index) =>
    time < firstNew && time > last - keepMs ? [index] : [],
  );
  const joined = Object.entries(newer).map(([name, values]) => [
    name,
    [...kept.map((index) => known?.[name as Name][index] ?? null), ...values],
  ]);
  return Object.fromEntries(joined) as HealthColumns;
}

/** The newest number, with the least and the greatest; undefined if there is none. */
export function extremes(
  values: readonly (number | null)[],
): { readonly newest: number | null; readonly least: number; readonly most: number } | undefined {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return undefined;
  return { newest: values.at(-1) ?? null, least: Math.min(...numbers), most: Math.max(...numbers) };
}

/** What a graph shows, for those who do not see it. */
export function describeSeries(
  values: readonly (number | null)[],
  format: (value: number) => string,
): string {
  const found = extremes(values);
  if (!found) return 'Nothing has been measured yet.';
  const now = found.newest === null ? 'Nothing at present' : `${format(found.newest)} now`;
  const [least, most] = [format(found.least), format(found.most)];
  return least === most ? `${now}; always ${most} so far.` : `${now}; between ${least} and ${most} so far.`;
}
