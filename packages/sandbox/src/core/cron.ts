/** A cron expression of AWS: minutes, hours, day of month, month, day of week, year; one of the two days is `?`. */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** Whether a day of the calendar is one of them. */
  matchesDay(year: number, month: number, day: number): boolean;
  readonly lastYear: number;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const YEARS = { from: 1970, to: 2199 };

const FIELDS = {
  minutes: { from: 0, to: 59, names: [] },
  hours: { from: 0, to: 23, names: [] },
  dayOfMonth: { from: 1, to: 31, names: [] },
  month: { from: 1, to: 12, names: MONTHS },
  dayOfWeek: { from: 1, to: 7, names: DAYS },
  year: { ...YEARS, names: [] },
} as const satisfies Record<string, Field>;

interface Field {
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
}

/**
 * Parses the text between the parentheses of `cron(…)`; undefined when it is none. Knows lists, ranges, steps, names,
 * `L`, `W` and `#`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
 */
export function parseCron(text: string): Cron | undefined {
  const parts = text.split(" ");
  const [minuteText = "", hourText = "", dayText = "", monthText = "", weekdayText = "", yearText = ""] = parts;
  if (parts.length !== 6 || (dayText === "?") === (weekdayText === "?")) return undefined;
  const minutes = parseValues(minuteText, FIELDS.minutes);
  const hours = parseValues(hourText, FIELDS.hours);
  const months = parseValues(monthText, FIELDS.month);
  const years = parseValues(yearText, FIELDS.year);
  const matches = dayText === "?" ? parseWeekday(weekdayText) : parseDay(dayText);
  if (!minutes || !hours || !months || !years || !matches) return undefined;
  return {
    minutes,
    hours,
    lastYear: Math.max(...years),
    matchesDay: (year, month, day) => years.has(year) && months.has(month) && matches(year, month, day),
  };
}

function parseNumber(text: string, { from, to, names }: Field): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + from : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

function parseValues(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", stepText, ...rest] = part.split("/");
    const step = stepText === undefined ? 1 : Number(stepText);
    if (rest.length > 0 || !(Number.isInteger(step) && step > 0)) return undefined;
    const [first = "", last, ...more] = range.split("-");
    const isAll = range === "*";
    const from = isAll ? field.from : parseNumber(first, field);
    const open = stepText === undefined ? from : field.to;
    const to = isAll ? field.to : last === undefined ? open : parseNumber(last, field);
    if (more.length > 0 || from === undefined || to === undefined) return undefined;
    // `FRI-MON` goes over the end of the week.
    const span = field.to - field.from + 1;
    const end = to < from ? to + span : to;
    for (let value = from; value <= end; value += step) values.add(((value - field.from) % span) + field.from);
  }
  return values;
}

type DayRule = (year: number, month: number, day: number) => boolean;

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();
/** 1 is Sunday. */
const weekdayOf = (year: number, month: number, day: number) =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

function parseDay(text: string): DayRule | undefined {
  if (text === "L") return (year, month, day) => day === daysIn(year, month);
  const nearest = /^(\d+)W$/.exec(text)?.[1];
  if (nearest !== undefined) {
    const wanted = parseNumber(nearest, FIELDS.dayOfMonth);
    return wanted === undefined ? undefined : (year, month, day) => day === nearestWorkday(year, month, wanted);
  }
  const days = parseValues(text, FIELDS.dayOfMonth);
  return days && ((_year, _month, day) => days.has(day));
}

/** The weekday nearest to a date, within its month. */
function nearestWorkday(year: number, month: number, wanted: number): number {
  const last = daysIn(year, month);
  const day = Math.min(wanted, last);
  const weekday = weekdayOf(year, month, day);
  if (weekday === 7) return day === 1 ? day + 2 : day - 1;
  if (weekday === 1) return day === last ? day - 2 : day + 1;
  return day;
}

function parseWeekday(text: string): DayRule | undefined {
  const nth = /^(\w+)#([1-5])$/.exec(text);
  if (nth) {
    const wanted = parseNumber(nth[1] ?? "", FIELDS.dayOfWeek);
    const week = Number(nth[2]);
    if (wanted === undefined) return undefined;
    return (year, month, day) => weekdayOf(year, month, day) === wanted && Math.ceil(day / 7) === week;
  }
  const lastOne = /^(\w+)L$/.exec(text)?.[1] ?? (text === "L" ? "SAT" : undefined);
  if (lastOne !== undefined) {
    const wanted = parseNumber(lastOne, FIELDS.dayOfWeek);
    if (wanted === undefined) return undefined;
    const isLast: DayRule = (year, month, day) => day + 7 > daysIn(year, month);
    return (year, month, day) => weekdayOf(year, month, day) === wanted && (text === "L" || isLast(year, month, day));
  }
  const days = parseValues(text, FIELDS.dayOfWeek);
  return days && ((year, month, day) => days.has(weekdayOf(year, month, day)));
}
