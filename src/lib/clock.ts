// Owns: the notion of "now". Everything that needs the time is given a Clock.

/** A source of the current time; tests move it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Seconds since 1970-01-01T00:00:00Z, as JWTs count them. */
export function toEpochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** The Date of an epoch time in seconds. */
export function fromEpochSeconds(seconds: number): Date {
  return new Date(seconds * 1000);
}
