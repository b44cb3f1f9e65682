/**
 * How much random tests try, and from where: `HOLDFAST_DEEP=1` (`bin/test --deep`) takes the large counts,
 * `HOLDFAST_SEED` repeats a run. A test prints its seed.
 */
export function runDepth(): { readonly deep: boolean; readonly seed: number } {
  // biome-ignore lint/style/noProcessEnv: the test runner has no other way to tell a test file
  const { HOLDFAST_DEEP: deep, HOLDFAST_SEED: seed } = process.env;
  return { deep: deep === "1", seed: seed === undefined ? Date.now() % 1_000_000 : Number(seed) };
}
