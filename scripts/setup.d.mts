/** Runs a task of turbo and ends the process when it fails. */
export function turbo(task: string): void;
