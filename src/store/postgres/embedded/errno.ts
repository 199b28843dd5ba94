// Owns: recognising system call errors by their code.

/** Whether `error` is the system error called `code`, e.g. `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
