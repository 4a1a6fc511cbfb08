/** The islands that only the page for events has. @module */

export { EventFeed } from "../EventFeed.tsx";
export { EventStatus } from "../EventStatus.tsx";
