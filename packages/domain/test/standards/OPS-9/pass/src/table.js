export const table = process.env.TABLE;
