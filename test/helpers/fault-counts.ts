/** How often each fault came about. */
export interface FaultCounts {
  dropped: number;
  swallowed: number;
  repeated: number;
  reordered: number;
  delayed: number;
  truncated: number;
  garbled: number;
  cut: number;
  oksSwallowed: number;
  oksDelayed: number;
  rateLimited: number;
}

export const noCounts: Readonly<FaultCounts> = {
  dropped: 0,
  swallowed: 0,
  repeated: 0,
  reordered: 0,
  delayed: 0,
  truncated: 0,
  garbled: 0,
  cut: 0,
  oksSwallowed: 0,
  oksDelayed: 0,
  rateLimited: 0,
};
