/**
 * How many objects of each class the cameras show now.
 *
 * @module
 */

/** Most classes of a camera that are counted; models have a few hundred at most. */
const MOST_LABELS = 500;

/** The newest count of each class of each camera. */
export class ObjectCounts {
  readonly #cameras = new Map<string, Map<string, number>>();

  /** What a camera shows; classes that it has shown once stay, with 0. */
  of(cameraId: string): ReadonlyMap<string, number> {
    return this.#cameras.get(cameraId) ?? new Map();
  }

  /** Has a camera show some classes, of which none has to be there. */
  expect(cameraId: string, labels: Iterable<string>): void {
    const counts = this.#countsOf(cameraId);
    for (const label of labels) if (!counts.has(label)) counts.set(label, 0);
  }

  /**
   * Notes what a camera shows in a frame.
   *
   * @param isWanted Which classes are counted
   * @returns Whether anything has changed
   */
  note(
    cameraId: string,
    countByLabel: ReadonlyMap<string, number>,
    isWanted: (label: string) => boolean,
  ): boolean {
    const counts = this.#countsOf(cameraId);
    let hasChanged = false;
    const set = (label: string, count: number) => {
      if (counts.get(label) === count) return;
      counts.set(label, count);
      hasChanged = true;
    };
    for (const [label, count] of countByLabel) {
      if (counts.has(label) || counts.size < MOST_LABELS && isWanted(label)) set(label, count);
    }
    for (const label of counts.keys()) if (!countByLabel.has(label)) set(label, 0);
    return hasChanged;
  }

  /** Forgets the classes of a camera that are not wanted any more. */
  keep(cameraId: string, isWanted: (label: string) => boolean): void {
    const counts = this.#countsOf(cameraId);
    for (const label of counts.keys()) if (!isWanted(label)) counts.delete(label);
  }

  /** Forgets a camera. */
  forget(cameraId: string): void {
    this.#cameras.delete(cameraId);
  }

  #countsOf(cameraId: string): Map<string, number> {
    const counts = this.#cameras.get(cameraId) ?? new Map<string, number>();
    this.#cameras.set(cameraId, counts);
    return counts;
  }
}
