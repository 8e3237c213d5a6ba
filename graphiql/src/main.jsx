// GraphiQL for the API at this page's own address.
import "graphiql/setup-workers/vite";

// The parts of graphiql/style.css, without the fonts that it carries: the system's own do.
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import defaultQuery from "./default.graphql?raw";

const fetcher = createGraphiQLFetcher({ url: window.location.pathname });
const plugins = [explorerPlugin(), HISTORY_PLUGIN];

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultQuery={defaultQuery}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>adgraph</GraphiQL.Logo>
  </GraphiQL>,
);
