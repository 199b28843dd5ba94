// Owns: the metrics of the device flow.
import type { Metrics } from '../telemetry/metrics.js';

/** What happens to device codes, as it is counted. */
export const DEVICE_EVENTS = ['asked', 'approved', 'denied', 'locked', 'slowed', 'redeemed'] as const;

export type NoteDevice = (event: (typeof DEVICE_EVENTS)[number]) => void;

export function createDeviceMetrics(metrics: Pick<Metrics, 'counter'>): NoteDevice {
  const events = metrics.counter({
    name: 'link2ur_op_device_codes_total',
    help: 'Device codes asked for, approved, denied and redeemed; polls slowed; lock-outs after wrong user codes',
    labels: ['event'],
  });
  for (const event of DEVICE_EVENTS) events.add(0, { event });
  return (event) => events.add(1, { event });
}
