const ascending = (numbers) => [...numbers].sort((one, other) => one - other);

/** The value below which the share `rank` (0 to 1) of the numbers lies, by nearest rank. */
function percentile(numbers, rank) {
  const sorted = ascending(numbers);
  return sorted[Math.max(0, Math.ceil(rank * sorted.length) - 1)];
}

function median(numbers) {
  const sorted = ascending(numbers);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `deviation` is half the way from the least to the most, as a share of the median. */
function spread(numbers) {
  const middle = median(numbers);
  return { median: middle, deviation: (Math.max(...numbers) - Math.min(...numbers)) / 2 / middle };
}

/** What one turn came to. Latencies and the time elapsed are in milliseconds. */
const tally = (latencies, elapsed) => ({
  rate: (latencies.length * 1_000) / elapsed,
  p50: percentile(latencies, 0.5),
  p99: percentile(latencies, 0.99),
});

module.exports = { median, percentile, spread, tally };
