// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const escapes = /\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what remains of them must not reach the page
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A line of a build's output without what a terminal would have done with it: colours, cursor moves, bells. */
export function plainLine(text: string): string {
  // A line that was drawn over itself (a progress bar) is what it was last.
  const last = text.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  return last.replace(escapes, "").replace(controls, "");
}
