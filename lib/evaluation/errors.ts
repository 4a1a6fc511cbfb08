/** What can be wrong with labelled images. */

import { UserError } from "../user_error.ts";

/** A folder of images and labels cannot be used; the message is one sentence for people. */
export class DatasetError extends UserError {}
