// Owns: what counters and gauges look like to those who set them. Does not: name any metric; every module makes
// its own from the Metrics it is given.

/** `name` as Prometheus is to see it, written out so that it can be searched for; `help` says what it counts. */
export interface MetricOptions<Label extends string> {
  name: string;
  help: string;
  labels?: readonly Label[];
}

/** The value of each label. */
export type LabelValues<Label extends string> = { [Name in Label]: string };

export interface Counter<Label extends string> {
  /** Adds `by`; adding 0 makes the series visible before anything happened. */
  add(by: number, labels: LabelValues<Label>): void;
}

export interface Gauge<Label extends string> {
  set(value: number, labels: LabelValues<Label>): void;
}

/** The metrics of one services instance. Names are unique within it. */
export interface Metrics {
  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label>;
  gauge<Label extends string = never>(options: MetricOptions<Label>): Gauge<Label>;
  /** Everything in Prometheus' text format; empty when nothing is kept. */
  render(): Promise<{ contentType: string; text: string }>;
}
