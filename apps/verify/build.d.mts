export function buildVerifier(file: string): Promise<void>;
