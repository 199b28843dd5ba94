// Owns: whether metrics are kept at all.
import type { Metrics } from './metrics.js';

/** Metrics nobody reads: nothing is kept. */
const unread: Metrics = {
  counter: () => ({ add: () => {} }),
  gauge: () => ({ set: () => {} }),
  render: async () => ({ contentType: 'text/plain', text: '' }),
};

/** Metrics that are kept when they are served, and cost nothing otherwise: not even the library is loaded. */
export async function openMetrics({ isServed }: { isServed: boolean }): Promise<Metrics> {
  if (!isServed) return unread;
  const { createPrometheusMetrics } = await import('./prometheus.js');
  return createPrometheusMetrics();
}
