/** Change of a value over time by least squares: units an hour. `at` in seconds. */
export function slopeAnHour(samples: readonly { readonly at: number; readonly value: number }[]): number {
  const count = samples.length;
  if (count < 2) return Number.NaN;
  const mean = (pick: (sample: (typeof samples)[number]) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / count;
  const at = mean((sample) => sample.at);
  const value = mean((sample) => sample.value);
  const covariance = mean((sample) => (sample.at - at) * (sample.value - value));
  const variance = mean((sample) => (sample.at - at) ** 2);
  return (covariance / variance) * 3600;
}
