/** What happened, and what the person can do about it. */
export interface Explanation {
  /** A short sentence without a full stop. */
  title: string;
  /** One or two sentences. */
  remedy: string;
  /** Whether the person is asked for the token of the server. */
  asksForToken?: boolean;
  /** Whether a file is what works now, rather than another try with the camera. */
  needsFile?: boolean;
}
