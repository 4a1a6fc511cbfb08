/** The islands that only the page for cameras has. @module */

export { CameraControls } from "../CameraControls.tsx";
export { CameraFacts } from "../CameraFacts.tsx";
export { CameraGrid } from "../CameraGrid.tsx";
export { CameraRules } from "../CameraRules.tsx";
export { CameraStage } from "../CameraStage.tsx";
export { CameraStatus } from "../CameraStatus.tsx";
export { RuleOverlay } from "../RuleOverlay.tsx";
