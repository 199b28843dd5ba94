// Owns: metrics kept with prom-client. Loaded only where metrics are served (open-metrics.ts).
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Metrics } from './metrics.js';

/**
 * Metrics in a registry of their own, those of the process (CPU, memory, event loop lag, garbage collection)
 * among them. What observes the process lives as long as it does: prom-client has no way to end that.
 */
export function createPrometheusMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  return {
    counter({ name, help, labels = [] }) {
      const counter = new Counter({ name, help, labelNames: labels, registers });
      return { add: (by, values) => counter.inc(values, by) };
    },
    gauge({ name, help, labels = [] }) {
      const gauge = new Gauge({ name, help, labelNames: labels, registers });
      return { set: (value, values) => gauge.set(values, value) };
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
