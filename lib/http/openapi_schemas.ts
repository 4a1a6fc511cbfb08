/**
 * The schemas of `lib/protocol` as JSON Schema (2020-12), with what their comments say.
 *
 * @module
 */

import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import comments from "../protocol/comments.json" with { type: "json" };
import {
  CameraCountsSchema,
  CameraListSchema,
  CameraQualitySchema,
  CameraViewSchema,
} from "../protocol/camera.ts";
import type { Schema } from "../reference/open_api_document.ts";
import * as camera from "../protocol/camera_definition.ts";
import { DetectionSchema } from "../protocol/detection.ts";
import { ClusterHealthSchema, ClusterNodeSchema } from "../protocol/cluster.ts";
import { DeviceInUseSchema } from "../protocol/device.ts";
import { ErrorAnswerSchema } from "../protocol/error.ts";
import { EventListSchema, LiveEventSchema } from "../protocol/event.ts";
import { BoundingBoxSchema, FrameSizeSchema, PointSchema } from "../protocol/geometry.ts";
import { HealthSchema, JobsSummarySchema, ReadySchema } from "../protocol/health.ts";
import { ClearedSchema, JobListSchema, JobViewSchema, SubmittedSchema } from "../protocol/job.ts";
import * as jobSocket from "../protocol/job_socket.ts";
import { ModelInfoSchema, ModelListSchema } from "../protocol/model_list.ts";
import * as pipeline from "../protocol/pipeline.ts";
import { PipelineListSchema, PipelineSummarySchema } from "../protocol/pipeline_list.ts";
import * as queries from "../protocol/query.ts";
import { ClassificationSchema } from "../protocol/classification.ts";
import { PipelineResultSchema, QualitySchema, StageTimingsSchema } from "../protocol/result.ts";
import { RuleCountsSchema, RuleSchema, RuleViewSchema } from "../protocol/rule.ts";
import { SessionListSchema, SessionSchema, StreamErrorSchema } from "../protocol/session.ts";
import * as stream from "../protocol/stream.ts";
import { RenameMessageSchema } from "../protocol/stream_name.ts";
import { TextBlockSchema } from "../protocol/text_block.ts";
import { VideoEventSchema, VideoEventsSchema } from "../protocol/video_events.ts";
import { ResultsPageSchema, VideoFrameResultSchema } from "../protocol/video_results.ts";
import * as viewer from "../protocol/viewer.ts";

/** Every schema of the protocol that the document names; each name is that of its type. */
export const NAMED = {
  ErrorAnswer: ErrorAnswerSchema,
  Health: HealthSchema,
  DeviceInUse: DeviceInUseSchema,
  ClusterHealth: ClusterHealthSchema,
  ClusterNode: ClusterNodeSchema,
  JobsSummary: JobsSummarySchema,
  Ready: ReadySchema,
  ModelInfo: ModelInfoSchema,
  ModelList: ModelListSchema,
  PipelineSummary: PipelineSummarySchema,
  PipelineList: PipelineListSchema,
  PipelineDefinition: pipeline.PipelineDefinitionSchema,
  Pipeline: pipeline.PipelineSchema,
  StepInfo: pipeline.StepInfoSchema,
  StepList: pipeline.StepListSchema,
  Validation: pipeline.ValidationSchema,
  Run: pipeline.RunSchema,
  PipelineResult: PipelineResultSchema,
  Detection: DetectionSchema,
  TextBlock: TextBlockSchema,
  BoundingBox: BoundingBoxSchema,
  Point: PointSchema,
  FrameSize: FrameSizeSchema,
  StageTimings: StageTimingsSchema,
  Classification: ClassificationSchema,
  Quality: QualitySchema,
  Session: SessionSchema,
  SessionList: SessionListSchema,
  StreamError: StreamErrorSchema,
  ServerMessage: stream.ServerMessageSchema,
  ResultMessage: stream.ResultMessageSchema,
  DropMessage: stream.DropMessageSchema,
  WarningMessage: stream.WarningMessageSchema,
  SessionMessage: stream.SessionMessageSchema,
  RenameMessage: RenameMessageSchema,
  ErrorMessage: stream.ErrorMessageSchema,
  ViewerMessage: viewer.ViewerMessageSchema,
  ViewerError: viewer.ViewerErrorSchema,
  CameraStateMessage: viewer.CameraStateMessageSchema,
  CameraView: CameraViewSchema,
  CameraQuality: CameraQualitySchema,
  CameraList: CameraListSchema,
  CameraDefinition: camera.CameraDefinitionSchema,
  CameraChange: camera.CameraChangeSchema,
  CameraTrial: camera.CameraTrialSchema,
  CameraTested: camera.CameraTestedSchema,
  CameraSeen: camera.CameraSeenSchema,
  CameraUnseen: camera.CameraUnseenSchema,
  CameraCounts: CameraCountsSchema,
  Rule: RuleSchema,
  RuleView: RuleViewSchema,
  RuleCounts: RuleCountsSchema,
  LiveEvent: LiveEventSchema,
  EventList: EventListSchema,
  Submitted: SubmittedSchema,
  Cleared: ClearedSchema,
  JobView: JobViewSchema,
  JobList: JobListSchema,
  JobMessage: jobSocket.JobMessageSchema,
  JobSocketError: jobSocket.JobSocketErrorSchema,
  Ping: jobSocket.PingSchema,
  Pong: jobSocket.PongSchema,
  ResultsPage: ResultsPageSchema,
  VideoFrameResult: VideoFrameResultSchema,
  VideoEvent: VideoEventSchema,
  VideoEvents: VideoEventsSchema,
} satisfies Readonly<Record<string, v.GenericSchema>>;

/** Name of a schema of the document. */
export type SchemaName = keyof typeof NAMED;

/** The query parameters that paths take. */
export const QUERIES = {
  SubmitQuery: queries.SubmitQuerySchema,
  JobsQuery: queries.JobsQuerySchema,
  ClearQuery: queries.ClearQuerySchema,
  ResultsQuery: queries.ResultsQuerySchema,
  EventsQuery: queries.EventsQuerySchema,
  StreamQuery: queries.StreamQuerySchema,
  StreamNaming: queries.StreamNamingSchema,
  WatchQuery: queries.WatchQuerySchema,
  CameraWatchQuery: queries.CameraWatchQuerySchema,
  CameraImageQuery: queries.CameraImageQuerySchema,
  EventListQuery: queries.EventListQuerySchema,
  EventStreamQuery: queries.EventStreamQuerySchema,
};

/** Name of the query parameters of a path. */
export type QueryName = keyof typeof QUERIES;

/** What is said of a schema, under an empty name, and of its fields, by their paths such as `models.detector`. */
type Comments = Readonly<Record<string, string>>;

const COMMENTS: Readonly<Record<string, Comments>> = comments;

/** The place of a named schema in the document. */
export function reference(name: SchemaName): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Converts schemas to JSON Schema, without their comments; those of {@linkcode NAMED} become references. */
function convertSchemas(
  schemas: Readonly<Record<string, v.GenericSchema>>,
): Record<string, Schema> {
  return toJsonSchemaDefs(schemas, {
    target: "draft-2020-12",
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
    // An answer is as the document of its version says, which is how the tests find what it leaves out.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === "object" ? { ...jsonSchema, additionalProperties: false } : undefined,
    overrideAction: ({ valibotAction, jsonSchema }) => {
      const { metadata } = valibotAction as { metadata?: Schema };
      return metadata && { ...jsonSchema, ...metadata };
    },
  });
}

function commented(schemas: Record<string, Schema>): Record<string, Schema> {
  for (const [name, schema] of Object.entries(schemas)) {
    const { "": summary, ...fields } = COMMENTS[name] ?? {};
    if (summary !== undefined) schema.description = summary;
    describeFields(schema, fields, "");
  }
  return schemas;
}

/** Puts the comments of fields into a schema, those of objects that have no name of their own included. */
function describeFields(schema: Schema, fields: Comments, prefix: string): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property === "boolean") continue;
    const text = fields[prefix + name];
    if (text !== undefined) property.description = text;
    for (const inner of unwrap(property)) describeFields(inner, fields, `${prefix}${name}.`);
  }
}

/** What an entry of a list, or a value that may be `null`, is. */
function unwrap(schema: Schema): Schema[] {
  const { items, anyOf } = schema;
  const inner = [items, ...anyOf ?? []].flat().filter((each) => typeof each === "object");
  return [schema, ...inner];
}

let named: Record<string, Schema> | undefined;

/** Every named schema. */
export function namedSchemas(): Readonly<Record<string, Schema>> {
  return named ??= commented(convertSchemas(NAMED));
}

/** The query parameters of a path, as an object. */
export function querySchema(name: QueryName): Schema {
  const { [name]: schema = {} } = commented(convertSchemas({ [name]: QUERIES[name] }));
  return schema;
}
