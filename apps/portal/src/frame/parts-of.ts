/** What happened, and the rest: messages are written in that order, a sentence or more each. */
export function partsOf(message: string): { happened: string; rest: string } {
  const end = /[.!?](?= [A-Z])/.exec(message);
  if (!end) return { happened: message, rest: "" };
  return { happened: message.slice(0, end.index + 1), rest: message.slice(end.index + 2) };
}
