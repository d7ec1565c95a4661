/** What the person chose to look at. `system` follows the computer. */
const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const THEME_COOKIE = "turnpike-theme";

export function isTheme(value: unknown): value is Theme {
  return themes.some((theme) => theme === value);
}
