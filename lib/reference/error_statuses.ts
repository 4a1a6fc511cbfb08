/**
 * The statuses of errors, which many operations have in common.
 *
 * @module
 */

import type { OpenApiDocument } from "./open_api_document.ts";

/** Whether an HTTP status is one of an error. */
export function isError(status: string): boolean {
  return Number(status) >= 400;
}

/** The address of a status within a page, without `#`. */
export function errorAnchor(status: string): string {
  return `error-${status}`;
}

/** Every status of an error in a document, in their order, with what it means. */
export function errorStatuses({ paths }: OpenApiDocument): [status: string, meaning: string][] {
  const meanings = Object.values(paths).flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses))
    .filter(([status]) => isError(status))
    .map(([status, { description }]): [string, string] => [status, description]);
  return [...new Map(meanings)].sort(([a], [b]) => Number(a) - Number(b));
}
