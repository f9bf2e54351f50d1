/**
 * The same stream, with a bound on what waits in it: the SDK's transports write without asking whether anybody reads.
 * `onoverflow` comes once, when more waits; whoever takes it ends the stream.
 */
export function boundUnread(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  onoverflow: () => void,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const pass = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        controller.enqueue(value);
        if ((controller.desiredSize ?? 0) < 0) return onoverflow();
      }
    } catch (error) {
      controller.error(error); // without effect when its reader has left
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => void pass(controller), // it never rejects
      cancel: (reason) => reader.cancel(reason),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxBytes }),
  );
}
