/** The islands that only the page for video files has. @module */

export { JobList } from "../JobList.tsx";
export { VideoControls } from "../VideoControls.tsx";
export { VideoResults } from "../VideoResults.tsx";
export { VideoTimeline } from "../VideoTimeline.tsx";
export { VideoUpload } from "../VideoUpload.tsx";
