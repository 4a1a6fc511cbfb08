/**
 * The groups in which the paths of the interface are shown.
 *
 * @module
 */

/** A group of paths. */
interface Tag {
  /** A word or two for people. */
  name: string;
  /** A sentence for people. */
  description: string;
  /** The paths that it begins with, without a slash at their ends. */
  paths: readonly string[];
}

/** For paths that no other group has. */
const SERVER: Tag = {
  name: "Server",
  description: "What the server says about itself.",
  paths: [],
};

/** All of them, in the order in which they are shown. */
export const TAGS: readonly Tag[] = [
  {
    name: "Streams",
    description:
      "Frames in, results out, over one WebSocket; and those of other clients. A session is one such stream.",
    paths: ["/ws/video", "/sessions"],
  },
  {
    name: "Images and pipelines",
    description: "Single images, what a pipeline does with an image, and the models that it uses.",
    paths: ["/pipelines", "/models"],
  },
  {
    name: "Video files",
    description:
      "A file becomes a job: submit it, follow the job over `/ws/jobs/{id}` until it is completed, then fetch " +
      "its results. Jobs that nobody looks at expire after an hour (failed), six hours (completed) or a day (all others).",
    paths: ["/video", "/ws/jobs"],
  },
  {
    name: "Cameras",
    description:
      "Cameras that the server opens itself, while somebody looks at them or all the time. Where no token is " +
      "set, only the machine itself may change them.",
    paths: ["/camera", "/ws/cameras"],
  },
  {
    name: "Events",
    description: "What rules notice in what cameras see.",
    paths: ["/event"],
  },
  SERVER,
  {
    name: "Pages",
    description: "What people open in a browser.",
    paths: ["/videos", "/cameras", "/events", "/watch", "/docs"],
  },
];

/** The name of the group of a path. */
export function tagOf(path: string): string {
  if (path === "/") return "Pages";
  const isIn = ({ paths }: Tag) =>
    paths.some((each) => path === each || path.startsWith(`${each}/`));
  return (TAGS.find(isIn) ?? SERVER).name;
}
