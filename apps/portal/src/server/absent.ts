/**
 * Stands in for packages that only development scripts use, and that `@turnpike/store` reaches beside what the portal
 * needs. Asking it for anything is a mistake, and fails.
 */
export {};
