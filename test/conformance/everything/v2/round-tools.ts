import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequest,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

import { sentence } from '../contents.ts';
import { askConfirmation, askModel, askString } from './input-requests.ts';
import { type State, stateCodec } from './request-state.ts';

type Answer = CallToolResult | InputRequiredResult;

/** Of what each request of the new era says about its client: what this server looks at. */
const envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ sampling: z.unknown(), elicitation: z.unknown() }).partial(),
});

/** Tools that answer with what they need to know, and are called again with it. */
const roundTools: Readonly<Record<string, (context: ServerContext) => Answer | Promise<Answer>>> = {
  test_input_required_result_elicitation: greet,
  // The suite looks that nothing but answers and notifications comes on the stream of this call.
  test_streaming_elicitation: greet,
  test_input_required_result_sampling: ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    if (answer.kind !== 'sampling')
      return ask({ capital_question: askModel('What is the capital of France?', 100) });
    return sentence(`The model said: ${JSON.stringify(answer.result.content)}`);
  },
  test_input_required_result_list_roots: ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (answer.kind !== 'roots') return ask({ client_roots: inputRequired.listRoots() });
    return sentence(`Roots: ${answer.roots.map(({ uri }) => uri).join(', ')}`);
  },
  test_input_required_result_request_state: confirm,
  test_input_required_result_tampered_state: confirm,
  test_input_required_result_multiple_inputs: async ({ mcpReq }) => {
    const { inputResponses } = mcpReq;
    const user = acceptedContent<{ name: string }>(inputResponses, 'user_name');
    const greeting = inputResponse(inputResponses, 'greeting');
    const roots = inputResponse(inputResponses, 'client_roots');
    if (user !== undefined && greeting.kind === 'sampling' && roots.kind === 'roots')
      return sentence(
        `${user.name}, ${JSON.stringify(greeting.result.content)}, ${roots.roots.length} roots`,
      );
    const questions = {
      user_name: askString('What is your name?', 'name'),
      greeting: askModel('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    };
    return ask(questions, { round: 1 });
  },
  test_input_required_result_multi_round: async ({ mcpReq }) => {
    const state = mcpReq.requestState<State>();
    if (state === undefined)
      return ask({ step1: askString('Step 1: What is your name?', 'name') }, { round: 1 });
    if (state.round === 1)
      return ask({ step2: askString('Step 2: What is your favorite color?', 'color') }, { round: 2 });
    return sentence(`Done after round ${state.round}`);
  },
  test_input_required_result_capabilities: ({ mcpReq }) => {
    const { [CLIENT_CAPABILITIES_META_KEY]: declared } = envelope.parse(mcpReq.envelope);
    const questions: Record<string, InputRequest> = {};
    if (declared.sampling !== undefined) questions['greeting'] = askModel('Generate a greeting', 50);
    if (declared.elicitation !== undefined) questions['user_name'] = askString('What is your name?', 'name');
    const isAnswered = mcpReq.inputResponses !== undefined || Object.keys(questions).length === 0;
    return isAnswered ? sentence('Nothing more to ask') : ask(questions);
  },
  // Asks what a client that declared nothing cannot answer: the SDK refuses in our place.
  test_missing_capability: () => ask({ question: askModel('Are you there?', 10) }),
};

export function registerRoundTools(server: McpServer): void {
  for (const [name, run] of Object.entries(roundTools))
    server.registerTool(name, { description: 'asks before it answers' }, run);
}

function greet({ mcpReq }: ServerContext): Answer {
  const user = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'user_name');
  if (user === undefined) return ask({ user_name: askString('What is your name?', 'name') });
  return sentence(`Hello, ${user.name}!`);
}

async function confirm({ mcpReq }: ServerContext): Promise<Answer> {
  const state = mcpReq.requestState<State>();
  const answer = acceptedContent<{ ok: boolean }>(mcpReq.inputResponses, 'confirm');
  if (state === undefined || answer === undefined) return ask({ confirm: askConfirmation() }, { round: 1 });
  return sentence(`state-ok, confirmed: ${answer.ok}`);
}

function ask(inputRequests: Record<string, InputRequest>): InputRequiredResult;
function ask(inputRequests: Record<string, InputRequest>, state: State): Promise<InputRequiredResult>;
function ask(
  inputRequests: Record<string, InputRequest>,
  state?: State,
): InputRequiredResult | Promise<InputRequiredResult> {
  if (state === undefined) return inputRequired({ inputRequests });
  return stateCodec.mint(state).then((requestState) => inputRequired({ inputRequests, requestState }));
}
