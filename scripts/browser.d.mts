/** Absolute path of a Chromium. Ends the process with the one command to run when there is no way to one. */
export function ensureBrowser(): Promise<string>;
