/** The islands of the live page and of the page for viewers. @module */

export { CameraPreview } from "../CameraPreview.tsx";
export { DisplayControls } from "../DisplayControls.tsx";
export { ErrorBanner } from "../ErrorBanner.tsx";
export { PipelineSelector } from "../PipelineSelector.tsx";
export { RealtimeOverlay } from "../RealtimeOverlay.tsx";
export { SaveResults } from "../SaveResults.tsx";
export { SeenNow } from "../SeenNow.tsx";
export { SourceControls } from "../SourceControls.tsx";
export { StageControls } from "../StageControls.tsx";
export { StatusPill } from "../StatusPill.tsx";
export { SteppedFrame } from "../SteppedFrame.tsx";
export { StreamDebugPanel } from "../StreamDebugPanel.tsx";
export { WatchControls } from "../WatchControls.tsx";
export { WatchPreview } from "../WatchPreview.tsx";
