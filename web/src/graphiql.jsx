import "./workers.js";
import "monaco-graphql/esm/monaco-editor.js"; // GraphiQL loads it later anyway, and then nobody loads its styles
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useEffect } from "react";
import { createRoot } from "react-dom/client";

import { mountBar } from "./bar.js";
import { config } from "./config.js";
import { EXAMPLES } from "./examples.jsx";
import { createFetcher } from "./fetcher.js";
import { onChange } from "./session.js";

const PLUGINS = [EXAMPLES, HISTORY_PLUGIN];
const [FIRST] = config.examples;
const fetcher = createFetcher();

// What a role may see of the schema may differ, so a change of role reads it again.
function SchemaOfTheRole() {
  const { introspect } = useGraphiQLActions();
  useEffect(() => onChange(introspect), [introspect]);
  return null;
}

function Page() {
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={PLUGINS}
      visiblePlugin={EXAMPLES.title}
      defaultQuery=""
      defaultTabs={FIRST && [{ query: FIRST.query, variables: FIRST.variables }]}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
      <SchemaOfTheRole />
    </GraphiQL>
  );
}

mountBar();
createRoot(document.getElementById("page")).render(<Page />);
