// How GraphiQL reaches the server: queries and mutations by POST, subscriptions over graphql-transport-ws.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-ws";

import { config } from "./config.js";
import { authorization, onChange } from "./session.js";

export function createFetcher() {
  const sockets = createClient({
    url: new URL(config.endpoint, location.href.replace(/^http/, "ws")).href,
    connectionParams: authorization,
  });
  onChange(() => sockets.terminate()); // a running subscription starts again as whoever was chosen
  const send = createGraphiQLFetcher({
    url: config.endpoint,
    wsClient: sockets,
    fetch: (url, init) => fetch(url, { ...init, credentials: "same-origin", headers: { ...authorization(), ...init.headers } }),
  });
  return (parameters, options) => send(...settled(parameters, options));
}

// The editor tells which operation to run a moment after the text has changed; who is quicker would ask for the one
// of the text before.
function settled(parameters, options) {
  let documentAST;
  try {
    documentAST = parse(parameters.query);
  } catch {
    return [parameters, options]; // the server says what is wrong with it
  }
  const names = documentAST.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).map(({ name }) => name?.value);
  const operationName = names.length === 1 ? names[0] : parameters.operationName;
  return [{ ...parameters, operationName }, { ...options, documentAST }];
}
