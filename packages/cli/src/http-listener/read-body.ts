import { isJsonContentType, readRequestBody } from '@modelcontextprotocol/server';

import { errorCodes, errorResponse } from './error-response.ts';

/** The text of a POST, or the refusal of what is not JSON by its type, too large, or cut. */
export async function readBody(request: Request, maxBytes: number): Promise<string | Response> {
  if (!isJsonContentType(request.headers.get('content-type'))) {
    const text = 'Unsupported Media Type: Content-Type must be application/json';
    return errorResponse(415, errorCodes.badRequest, text);
  }
  // The sender has gone in the middle of it.
  const read = await readRequestBody(request, maxBytes).catch(() => undefined);
  if (read === undefined)
    return errorResponse(400, errorCodes.parseError, 'Parse error: the request body was cut');
  if (read.tooLarge) {
    const text = `Payload Too Large: a message may have ${maxBytes} bytes; pass large data by reference`;
    return errorResponse(413, errorCodes.badRequest, text);
  }
  return read.text;
}
