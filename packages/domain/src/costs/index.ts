export { type CostEstimate, type CostLine, estimateCost, type Measured } from "./estimate.ts";
