// Clients of the official TypeScript SDK: each connects, uses the server as a host would, and prints what it saw as a
// line. They run one after the other, since loading the SDK takes longer than all they do.
//
// node typescript.mjs '[{"modules": ".../node_modules", "package": "sdk", "url": "http://...", ...}, ...]'

import { createRequire } from 'node:module';
import { join } from 'node:path';

const plans = JSON.parse(process.argv[2]);
const load = createRequire(join(plans[0].modules, 'none.js'));

/** The first generation of the SDK is one package, the second has one for clients alone. */
const generations = {
    sdk: () => ({
        Client: load('@modelcontextprotocol/sdk/client/index.js').Client,
        Http: load('@modelcontextprotocol/sdk/client/streamableHttp.js').StreamableHTTPClientTransport,
        Sse: load('@modelcontextprotocol/sdk/client/sse.js').SSEClientTransport,
        question: load('@modelcontextprotocol/sdk/types.js').ElicitRequestSchema,
        call: (client, params, options) => client.callTool(params, undefined, options)
    }),
    client: () => {
        const sdk = load('@modelcontextprotocol/client');
        return {
            Client: sdk.Client,
            Http: sdk.StreamableHTTPClientTransport,
            Sse: sdk.SSEClientTransport,
            question: 'elicitation/create',
            call: (client, params, options) => client.callTool(params, options)
        };
    }
};

/** What a failure looks like to the code that called the SDK. */
async function caught(promise) {
    try {
        return { answered: await promise };
    } catch (error) {
        return { name: error.name, message: error.message, code: error.data?.status ?? error.code ?? null };
    }
}

async function use(plan, { question, call }, client, transport) {
    const saw = {
        server: client.getServerVersion().name,
        version: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? null,
        session: Boolean(transport.sessionId),
        questions: [],
        writes: [],
        progress: []
    };
    const tool = async (name, args, options) => {
        const result = await call(client, { name, arguments: args }, options);
        const text = result.content.map(part => part.text).join('\n');
        return { isError: result.isError === true, data: result.structuredContent, text };
    };

    saw.tools = (await client.listTools()).tools.map(({ name }) => name);
    saw.read = await tool('get_tag', { repository: 'redis:8.2' });
    saw.wrong = await tool('get_tag', { repository: 'redis', tga: '8' });
    saw.unknown = await caught(tool('no_such_tool', {}));

    let answer;
    client.setRequestHandler(question, request => {
        saw.questions.push(request.params.message);
        return { action: answer, ...(answer === 'accept' && { content: { confirm: true } }) };
    });
    for (answer of plan.answers) {
        saw.writes.push(await tool('delete_tag', plan.write));
    }

    const onprogress = ({ progress }) => saw.progress.push(progress);
    saw.walk = await tool('list_tags', { repository: 'redis', max_items: 400 }, { onprogress });
    if (saw.session) await transport.terminateSession();
    return saw;
}

for (const plan of plans) {
    const generation = generations[plan.package]();
    const requestInit = plan.token ? { headers: { Authorization: `Bearer ${plan.token}` } } : {};
    const Transport = plan.transport === 'sse' ? generation.Sse : generation.Http;
    const transport = new Transport(new URL(plan.url), { requestInit });
    const client = new generation.Client(
        { name: 'typescript', version: '1' },
        { capabilities: { elicitation: {} }, ...(plan.mode && { versionNegotiation: { mode: plan.mode } }) }
    );
    const told = await caught(client.connect(transport).then(() => use(plan, generation, client, transport)));
    console.log(JSON.stringify(told.answered ?? { refused: told }));
    await client.close();
}
