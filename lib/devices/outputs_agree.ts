/** Root mean square of the differences, as a share of that of the values, up to which two devices agree. */
const TOLERANCE = 0.02;

/**
 * Whether two devices have computed the same, but for how they round.
 *
 * A value of 0 stands for one that a graph left out, since nothing was there (see `lib/onnx/bound_boxes.ts`); whether something
 * is there may hang on the rounding. So only what both have computed is compared, which has to be half of the values at least.
 *
 * @param expected Values of an output
 * @param actual The same output from another device
 */
export function outputsAgree(expected: Float32Array, actual: Float32Array): boolean {
  if (expected.length !== actual.length) return false;
  let computed = 0;
  let compared = 0;
  let values = 0;
  let differences = 0;
  for (let index = 0; index < expected.length; index += 1) {
    const value = expected[index] ?? 0;
    const other = actual[index] ?? 0;
    if (value === 0) continue;
    computed += 1;
    if (other === 0) continue;
    compared += 1;
    values += value ** 2;
    differences += (other - value) ** 2;
  }
  // What is no number compares as false.
  return 2 * compared >= computed && differences <= TOLERANCE ** 2 * values;
}
