// PostGraphile 5 on the tables of adgraph, as one process: node server.mjs PORT CONNECTION_JSON ORG_ID
//
// The tree comes from the tables, as PostGraphile makes it. The totals are a field of our own, loaded once for all rows
// of a level, by the statements that are the best known here and with the same ratios in JavaScript: what someone who
// knows both would write. They are computed from the same daily rows, and likewise assume that every row reports all.
import { createServer } from "node:http";
import { lambda, list, loadOne } from "postgraphile/grafast";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { extendSchema, gql } from "postgraphile/utils";
import pg from "pg";

const [port, connection, orgId] = process.argv.slice(2);
const pool = new pg.Pool({ ...JSON.parse(connection), max: 10, options: "-c jit=off" });
// Sums fit a double exactly.
const types = { getTypeParser: (oid, format) => (oid === 20 ? Number : pg.types.getTypeParser(oid, format)) };

const SUMS = `
  entity_id, sum(spend_micros)::bigint, sum(impressions)::bigint, sum(clicks)::bigint,
  sum(conversions_millionths)::bigint, sum(conversion_value_micros)::bigint`;
const RANGE = "org_id = $1 and ad_account_id = $2 and day >= $3 and day < $4";
// A few entities are looked up, many are read as one range of their account; ads, which have no such range, by their key.
const FEW = 20;
const statements = {
  few: (table) => `select ${SUMS} from ${table} where org_id = $1 and entity_id = any($2) and day >= $3 and day < $4
    group by entity_id`,
  many: (table, level) => `select ${SUMS} from ${table} where ${RANGE} and level = ${level} group by entity_id`,
};

function totalsOf(table, level) {
  return async function totals(keys, { shared: [since, until] }) {
    const found = new Map();
    const ask = async (name, parameter) => {
      const text = statements[name](table, level);
      const { rows } = await pool.query({
        name: `${name}_${level}`, text, values: [orgId, parameter, since, until], rowMode: "array", types,
      });
      for (const row of rows) found.set(row[0], row);
    };
    if (keys.length <= FEW || table === "daily_fact") await ask("few", keys.map(([, id]) => id));
    else await Promise.all([...new Set(keys.map(([account]) => account))].map((account) => ask("many", account)));
    return keys.map(([, id]) => metrics(found.get(Number(id))));
  };
}

function metrics([, spend, impressions, clicks, conversions, value]) {
  return {
    spend: spend / 1e6,
    impressions,
    clicks,
    conversions: conversions / 1e6,
    conversionValue: value / 1e6,
    cpa: conversions ? spend / conversions : null,
    cpc: clicks ? spend / (clicks * 1e6) : null,
    ctr: impressions ? clicks / impressions : null,
    cvr: clicks ? conversions / (clicks * 1e6) : null,
    roas: spend ? value / spend : null,
  };
}

const FIELDS = "performance(since: String!, until: String!): Performance";
const performance = (table, level, account) => {
  const load = totalsOf(table, level);
  return {
    plans: {
      performance: ($row, { $since, $until }) =>
        loadOne(list([$row.get(account), $row.get("id")]), { load, shared: list([$since, $until]) }),
    },
  };
};
const Totals = extendSchema({
  typeDefs: gql`
    type Metrics {
      spend: Float impressions: Float clicks: Float conversions: Float conversionValue: Float
      cpa: Float cpc: Float ctr: Float cvr: Float roas: Float
    }
    type Performance { totals: Metrics }
    extend type AdAccount { ${FIELDS} }
    extend type Campaign { ${FIELDS} }
    extend type AdSet { ${FIELDS} }
    extend type Ad { ${FIELDS} }
  `,
  objects: {
    AdAccount: performance("daily_rollup", 1, "id"),
    Campaign: performance("daily_rollup", 2, "ad_account_id"),
    AdSet: performance("daily_rollup", 3, "ad_account_id"),
    Ad: performance("daily_fact", 4, "ad_account_id"),
    Performance: { plans: { totals: ($performance) => $performance } },
  },
});

const server = createServer();
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [Totals],
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  grafserv: { port: Number(port), graphiql: false, watch: false, graphqlPath: "/graphql" },
  grafast: { explain: false, context: {} },
});
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
