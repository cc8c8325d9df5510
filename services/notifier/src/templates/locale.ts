/** The closest of `available`: itself, its language in any region, the default, in this order. Case does not matter. */
export function pickLocale(available: readonly string[], wanted: string, fallback: string): string | undefined {
  const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  const language = (locale: string) => locale.split('-', 1)[0] ?? locale;
  return (
    available.find((one) => same(one, wanted)) ??
    available.find((one) => same(one, language(wanted))) ??
    available.find((one) => same(language(one), language(wanted))) ??
    available.find((one) => same(one, fallback))
  );
}
